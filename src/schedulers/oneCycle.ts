import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { stateNumbers } from './stateNumbers.js';
import type { LrScheduler } from './types.js';

/** Options of {@link oneCycle}: torch's, with its defaults. */
export interface OneCycleOptions {
  /** Steps of the cycle, at least 1: `step` is to be called once for each. */
  totalSteps: number;
  /** Share of the steps in which the rate rises, in [0, 1]. Default 0.3. */
  pctStart?: number;
  /** Shape of rise and fall: a half cosine or a line. Default `'cos'`. */
  annealStrategy?: 'cos' | 'linear';
  /** The rate starts at maxLr / divFactor, above 0. Default 25. */
  divFactor?: number;
  /** The rate ends at maxLr / divFactor / finalDivFactor, above 0. Default 1e4. */
  finalDivFactor?: number;
  /** Momentum at the highest rate, in [0, 1). Default 0.85. */
  baseMomentum?: number;
  /** Momentum at the start and at the end, in [0, 1). Default 0.95. */
  maxMomentum?: number;
}

/**
 * The 1cycle policy (Smith & Topin 2018; torch's `OneCycleLR` in two phases; eofm-tutorial's scheduler `onecycle`): the
 * rate rises from maxLr / divFactor to maxLr and falls to almost nothing, while `momentum` does the opposite. Give
 * `momentum` to the optimizer as its momentum, or as the β₁ of the Adam family, before each step.
 *
 * The step that ends the cycle leaves rate and momentum where they are, where torch extrapolates the curve.
 *
 * @param maxLr highest rate, at least 0.
 * @throws If an argument is out of its range, or, from `step`, if it is called more than `totalSteps` times.
 * @example
 * ```ts
 * import { oneCycle } from 'diffusion-ssl/schedulers';
 *
 * const schedule = oneCycle(0.1, { totalSteps: 20, pctStart: 0.25, annealStrategy: 'linear' });
 * console.log(schedule.lr, schedule.momentum); // 0.004 0.95
 * for (let step = 0; step < 4; step++) schedule.step();
 * console.log(schedule.lr, schedule.momentum); // 0.1 0.85
 * ```
 */
export function oneCycle(maxLr: number, options: OneCycleOptions): Required<LrScheduler> {
  const {
    totalSteps,
    pctStart = 0.3,
    annealStrategy = 'cos',
    divFactor = 25,
    finalDivFactor = 1e4,
  } = options;
  const { baseMomentum = 0.85, maxMomentum = 0.95 } = options;
  checkNumber('oneCycle: maxLr', maxLr, 0);
  checkInteger('oneCycle: totalSteps', totalSteps, 1);
  checkNumber('oneCycle: pctStart', pctStart, 0, 1);
  checkOneOf('oneCycle: annealStrategy', annealStrategy, ['cos', 'linear']);
  checkNumber('oneCycle: divFactor', divFactor, Number.MIN_VALUE);
  checkNumber('oneCycle: finalDivFactor', finalDivFactor, Number.MIN_VALUE);
  checkNumber('oneCycle: baseMomentum', baseMomentum, 0, 1 - Number.EPSILON);
  checkNumber('oneCycle: maxMomentum', maxMomentum, 0, 1 - Number.EPSILON);
  const last = totalSteps - 1;
  const top = pctStart * totalSteps - 1;
  const anneal = (from: number, to: number, part: number) =>
    annealStrategy === 'cos'
      ? to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2
      : from + (to - from) * part;
  /** The curve over start, top and end, at a step. */
  const curve = (step: number, start: number, middle: number, end: number) => {
    if (step > top) return anneal(middle, end, (Math.min(step, last) - top) / (last - top));
    return anneal(start, middle, top > 0 ? step / top : 1);
  };
  const startLr = maxLr / divFactor;
  const lrAt = (step: number) => curve(step, startLr, maxLr, startLr / finalDivFactor);
  let epoch = 0;
  return {
    lr: lrAt(0),
    get momentum() {
      return curve(epoch, maxMomentum, baseMomentum, maxMomentum);
    },
    step() {
      checkInteger('oneCycle: number of steps', epoch + 1, 1, totalSteps);
      epoch++;
      this.lr = lrAt(epoch);
    },
    state() {
      return { epoch, lr: this.lr };
    },
    restore(state) {
      const [restoredEpoch, lr] = stateNumbers('oneCycle', state, ['epoch', 'lr']);
      checkInteger('oneCycle: state.epoch', restoredEpoch, 0, totalSteps);
      epoch = restoredEpoch;
      this.lr = lr;
    },
  };
}
