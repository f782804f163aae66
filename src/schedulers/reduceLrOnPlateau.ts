import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { stateNumbers } from './stateNumbers.js';
import type { LrScheduler } from './types.js';

/** Options of {@link reduceLrOnPlateau}: torch's, with its defaults. */
export interface ReduceLrOnPlateauOptions {
  /** Whether the metric should fall (`'min'`) or rise (`'max'`). Default `'min'`. */
  mode?: 'min' | 'max';
  /** What the rate is multiplied by, in [0, 1). Default 0.1. */
  factor?: number;
  /** Epochs without improvement that are let pass; the next one reduces the rate. Default 10. */
  patience?: number;
  /** Least improvement over the best metric that counts, at least 0. Default 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a share of the best metric (`'rel'`) or a difference (`'abs'`). Default `'rel'`. */
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction in which none is counted as without improvement. Default 0. */
  cooldown?: number;
  /** Lowest rate, at least 0. Default 0. */
  minLr?: number;
  /** A reduction by no more than this is not made. Default 1e-8. */
  eps?: number;
}

const NAME = 'reduceLrOnPlateau';

/**
 * Reduces the rate when a metric has stopped improving (torch's `ReduceLROnPlateau`; eofm-tutorial's scheduler
 * `plateau`). `step` needs the metric of the epoch that ends.
 *
 * @param baseLr rate of epoch 0, at least 0.
 * @throws If an argument is out of its range, or, from `step`, if the metric is missing or not finite: the schedule is
 * then unchanged. (torch counts NaN as an epoch without improvement.)
 * @example
 * ```ts
 * import { reduceLrOnPlateau } from 'diffusion-ssl/schedulers';
 *
 * const schedule = reduceLrOnPlateau(0.1, { patience: 1, factor: 0.5 });
 * for (const loss of [1, 0.9, 0.95, 0.93]) schedule.step(loss);
 * console.log(schedule.lr); // 0.05: the second loss above 0.9
 * ```
 */
export function reduceLrOnPlateau(baseLr: number, options: ReduceLrOnPlateauOptions = {}): LrScheduler {
  const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel' } = options;
  const { cooldown = 0, minLr = 0, eps = 1e-8 } = options;
  checkNumber(`${NAME}: baseLr`, baseLr, 0);
  checkOneOf(`${NAME}: mode`, mode, ['min', 'max']);
  checkNumber(`${NAME}: factor`, factor, 0, 1 - Number.EPSILON);
  checkInteger(`${NAME}: patience`, patience, 0);
  checkNumber(`${NAME}: threshold`, threshold, 0);
  checkOneOf(`${NAME}: thresholdMode`, thresholdMode, ['rel', 'abs']);
  checkInteger(`${NAME}: cooldown`, cooldown, 0);
  checkNumber(`${NAME}: minLr`, minLr, 0);
  checkNumber(`${NAME}: eps`, eps, 0);
  const sign = mode === 'min' ? -1 : 1;
  /** Whether the metric betters the best one by more than the threshold. */
  const isBetter = (metric: number, best: number) =>
    sign * metric >
    sign * (thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold);
  let best: number | undefined;
  let badEpochs = 0;
  let cooldownLeft = 0;
  return {
    lr: baseLr,
    step(metric = Number.NaN) {
      checkNumber(`${NAME}: metric`, metric);
      if (best === undefined || isBetter(metric, best)) {
        best = metric;
        badEpochs = 0;
      } else {
        badEpochs++;
      }
      if (cooldownLeft > 0) {
        cooldownLeft--;
        badEpochs = 0;
      }
      if (badEpochs <= patience) return;
      const reduced = Math.max(this.lr * factor, minLr);
      if (this.lr - reduced > eps) this.lr = reduced;
      cooldownLeft = cooldown;
      badEpochs = 0;
    },
    state() {
      return { lr: this.lr, badEpochs, cooldownLeft, ...(best === undefined ? {} : { best }) };
    },
    restore(state) {
      const restored = stateNumbers(NAME, state, ['lr', 'badEpochs', 'cooldownLeft']);
      // No metric is the best before the first step.
      best = state.best === undefined ? undefined : stateNumbers(NAME, state, ['best'])[0];
      [this.lr, badEpochs, cooldownLeft] = restored;
    },
  };
}
