import { checkInteger, checkNumber } from '../internal/checks.js';
import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/** Options of {@link polynomial}. */
export interface PolynomialOptions {
  /** Epochs from `baseLr` to `minLr`, at least 1 (eofm-tutorial's `max_decay_steps`). */
  maxDecaySteps: number;
  /** Rate at the end and from then on, at least 0 (eofm-tutorial's `min_learning_rate`). Default 0. */
  minLr?: number;
  /** Exponent, above 0. Default 1, a straight line. */
  power?: number;
}

/**
 * Polynomial decay to a lowest rate (eofm-tutorial's scheduler `poly`; with `minLr` 0 the curve of torch's
 * `PolynomialLR`).
 *
 * The rate of epoch e is minLr + (baseLr − minLr) · (1 − e / maxDecaySteps)^power, and minLr from maxDecaySteps on.
 *
 * @param baseLr rate of epoch 0, at least 0.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { polynomial } from 'diffusion-ssl/schedulers';
 *
 * const schedule = polynomial(1, { maxDecaySteps: 4, power: 2 });
 * schedule.step();
 * schedule.step();
 * console.log(schedule.lr); // 0.25
 * ```
 */
export function polynomial(baseLr: number, options: PolynomialOptions): LrScheduler {
  const { maxDecaySteps, minLr = 0, power = 1 } = options;
  checkInteger('polynomial: maxDecaySteps', maxDecaySteps, 1);
  checkNumber('polynomial: minLr', minLr, 0);
  checkNumber('polynomial: power', power, Number.MIN_VALUE);
  return epochSchedule('polynomial', baseLr, (epoch) => {
    const left = Math.max(0, 1 - epoch / maxDecaySteps);
    return minLr + (baseLr - minLr) * left ** power;
  });
}
