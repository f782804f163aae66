import { checkInteger, checkNumber } from '../internal/checks.js';
import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/** Options of {@link stepLr}. */
export interface StepLrOptions {
  /** Epochs between two decays, at least 1. */
  stepSize: number;
  /** Factor of each decay, at least 0. Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the rate by `gamma` every `stepSize` epochs (torch's `StepLR`; eofm-tutorial's scheduler `step`).
 *
 * It is recursive as torch's: a rate set from outside (by a warm-up) is what the next decay multiplies.
 *
 * @param baseLr rate of epoch 0, at least 0.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { stepLr } from 'diffusion-ssl/schedulers';
 *
 * const schedule = stepLr(0.1, { stepSize: 2, gamma: 0.5 });
 * schedule.step();
 * console.log(schedule.lr); // 0.1
 * schedule.step();
 * console.log(schedule.lr); // 0.05
 * ```
 */
export function stepLr(baseLr: number, options: StepLrOptions): LrScheduler {
  const { stepSize, gamma = 0.1 } = options;
  checkInteger('stepLr: stepSize', stepSize, 1);
  checkNumber('stepLr: gamma', gamma, 0);
  return epochSchedule('stepLr', baseLr, (epoch, lr) => (epoch % stepSize === 0 ? lr * gamma : lr));
}
