import { checkInteger, checkNumber } from '../internal/checks.js';
import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/** Options of {@link cosineAnnealing}. */
export interface CosineAnnealingOptions {
  /** Epochs from `baseLr` down to `etaMin`, at least 1. */
  tMax: number;
  /** Lowest rate, at least 0. Default 0. */
  etaMin?: number;
}

/**
 * Cosine annealing without restarts (torch's `CosineAnnealingLR`; eofm-tutorial's scheduler `cosine`).
 *
 * The rate of epoch e is etaMin + (baseLr − etaMin) · (1 + cos(π e / tMax)) / 2, computed recursively as torch does:
 * each step multiplies lr − etaMin, so that a rate set from outside (by a warm-up) is continued in proportion. Behind
 * tMax, where the factor is undefined, it restarts from the curve; the rate then rises again.
 *
 * @param baseLr rate of epoch 0, at least 0.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { cosineAnnealing } from 'diffusion-ssl/schedulers';
 *
 * const schedule = cosineAnnealing(1e-3, { tMax: 2 });
 * schedule.step();
 * console.log(schedule.lr); // 0.0005, half way
 * ```
 */
export function cosineAnnealing(baseLr: number, options: CosineAnnealingOptions): LrScheduler {
  const { tMax, etaMin = 0 } = options;
  checkInteger('cosineAnnealing: tMax', tMax, 1);
  checkNumber('cosineAnnealing: etaMin', etaMin, 0);
  const height = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / tMax);
  return epochSchedule('cosineAnnealing', baseLr, (epoch, lr) => {
    // The epoch before was at the bottom of the curve, where its height is 0.
    if ((epoch - 1) % (2 * tMax) === tMax) return lr + ((baseLr - etaMin) * height(epoch)) / 2;
    return etaMin + (lr - etaMin) * (height(epoch) / height(epoch - 1));
  });
}
