import { checkInteger, checkNumber } from '../internal/checks.js';
import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/** Options of {@link cosineAnnealingWarmRestarts}. */
export interface CosineAnnealingWarmRestartsOptions {
  /** Epochs of the first cycle, at least 1. */
  t0: number;
  /** How many times as long each cycle is as the one before, an integer of at least 1. Default 1. */
  tMult?: number;
  /** Rate that each cycle falls to, at least 0. Default 0. */
  etaMin?: number;
}

/**
 * Cosine annealing with warm restarts (Loshchilov & Hutter 2017, SGDR; torch's `CosineAnnealingWarmRestarts`;
 * eofm-tutorial's scheduler `cosinewarm`).
 *
 * In epoch e of a cycle of n epochs the rate is etaMin + (baseLr − etaMin) · (1 + cos(π e / n)) / 2; the first cycle
 * has t0 epochs, each further one tMult times as many, and each starts from baseLr.
 *
 * @param baseLr rate at the start of each cycle, at least 0.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { cosineAnnealingWarmRestarts } from 'diffusion-ssl/schedulers';
 *
 * const schedule = cosineAnnealingWarmRestarts(1e-3, { t0: 2, tMult: 2 });
 * schedule.step();
 * console.log(schedule.lr); // 0.0005, half way
 * schedule.step();
 * console.log(schedule.lr); // 0.001, the start of a cycle of 4 epochs
 * ```
 */
export function cosineAnnealingWarmRestarts(
  baseLr: number,
  options: CosineAnnealingWarmRestartsOptions,
): LrScheduler {
  const { t0, tMult = 1, etaMin = 0 } = options;
  checkInteger('cosineAnnealingWarmRestarts: t0', t0, 1);
  checkInteger('cosineAnnealingWarmRestarts: tMult', tMult, 1);
  checkNumber('cosineAnnealingWarmRestarts: etaMin', etaMin, 0);
  return epochSchedule('cosineAnnealingWarmRestarts', baseLr, (epoch) => {
    let length = t0;
    let position = tMult === 1 ? epoch % t0 : epoch;
    while (position >= length) {
      position -= length;
      length *= tMult;
    }
    return etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * position) / length))) / 2;
  });
}
