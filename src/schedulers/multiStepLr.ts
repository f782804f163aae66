import { checkInteger, checkNumber } from '../internal/checks.js';
import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/** Options of {@link multiStepLr}. */
export interface MultiStepLrOptions {
  /** Epochs at which the rate decays, each at least 1, in any order. One that is given twice decays twice. */
  milestones: readonly number[];
  /** Factor of each decay, at least 0. Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the rate by `gamma` at each milestone (torch's `MultiStepLR`; eofm-tutorial's scheduler `multistep`).
 *
 * It is recursive as torch's: a rate set from outside (by a warm-up) is what the next decay multiplies.
 *
 * @param baseLr rate of epoch 0, at least 0.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { multiStepLr } from 'diffusion-ssl/schedulers';
 *
 * const schedule = multiStepLr(0.1, { milestones: [1, 3], gamma: 0.5 });
 * schedule.step();
 * console.log(schedule.lr); // 0.05
 * schedule.step();
 * schedule.step();
 * console.log(schedule.lr); // 0.025
 * ```
 */
export function multiStepLr(baseLr: number, options: MultiStepLrOptions): LrScheduler {
  const { milestones, gamma = 0.1 } = options;
  const epochs = [...milestones];
  for (const [i, milestone] of epochs.entries()) checkInteger(`multiStepLr: milestones[${i}]`, milestone, 1);
  checkNumber('multiStepLr: gamma', gamma, 0);
  return epochSchedule('multiStepLr', baseLr, (epoch, lr) => {
    const decays = epochs.filter((milestone) => milestone === epoch).length;
    return lr * gamma ** decays;
  });
}
