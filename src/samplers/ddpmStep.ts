import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { alphaBarPair } from './alphaBarPair.js';
import { type DdpmVarianceType, ddpmVariance } from './ddpmVariance.js';
import { checkStep, combine, estimate } from './stepTensors.js';
import type { StepOptions, StepResult } from './types.js';

/** Options of {@link ddpmStep}. */
export interface DdpmStepOptions extends StepOptions {
  /**
   * Variance of the added noise. With `'learned_range'` the prediction has twice the channels (last axis), and the second
   * half says in [−1, 1] where between the logarithms of the small and the large one it lies (Nichol and Dhariwal 2021,
   * equation 15). Default `'fixed_small'`.
   */
  variance?: DdpmVarianceType | 'learned_range';
}

/**
 * One reverse step of DDPM: a draw from q(x_previous | x_t, x0) at the estimated x0 (Ho et al. 2020, equations 6, 7
 * and 15; diffusers' `DDPMScheduler.step`).
 *
 * No noise is added in the step to ᾱ = 1, whatever the variance.
 *
 * @param xT noisy samples at timestep `t`, any shape.
 * @param t 0-based timestep of all samples.
 * @param prediction what the denoiser returned for them, of the same shape, or of twice the
 *   channels for a learned variance.
 * @param alphaBars ᾱ of the schedule, descending.
 * @returns The samples at `previousT` and the estimate of x0, both the caller's to dispose.
 * @throws If shapes disagree, a timestep or ᾱ is out of range, or a noise prediction meets ᾱ = 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ddpmStep } from 'diffusion-ssl/samplers';
 *
 * const xT = tf.tensor2d([[1.4]]);
 * const { previous, x0 } = ddpmStep(xT, 1, tf.tensor2d([[1]]), [0.8, 0.64]);
 * console.log(await x0.data()); // (1.4 − 0.6) / 0.8 = 1
 * ```
 */
export function ddpmStep(
  xT: tf.Tensor,
  t: number,
  prediction: tf.Tensor,
  alphaBars: ArrayLike<number>,
  options: DdpmStepOptions = {},
): StepResult {
  const { previousT = t - 1, variance, noise, setAlphaToOne } = options;
  if (variance === 'learned_range') return learnedStep(xT, t, prediction, alphaBars, options);
  checkStep('ddpmStep', xT, prediction, options);
  const { alphaBar, previousAlphaBar } = alphaBarPair('ddpmStep', alphaBars, t, previousT, setAlphaToOne);
  const alpha = alphaBar / previousAlphaBar;
  const deviation =
    previousAlphaBar === 1
      ? 0
      : Math.sqrt(ddpmVariance(t, alphaBars, { previousT, variance, setAlphaToOne }));
  return tf.tidy(() => {
    const x0 = estimate('ddpmStep', 'x0', xT, alphaBar, prediction, options);
    const mean = combine(
      (Math.sqrt(previousAlphaBar) * (1 - alpha)) / (1 - alphaBar),
      x0,
      (Math.sqrt(alpha) * (1 - previousAlphaBar)) / (1 - alphaBar),
      xT,
    );
    return { previous: noise === undefined ? mean : tf.add(mean, tf.mul(noise, deviation)), x0 };
  });
}

/** The step with the variance that the second half of the prediction's channels says. */
function learnedStep(
  xT: tf.Tensor,
  t: number,
  prediction: tf.Tensor,
  alphaBars: ArrayLike<number>,
  options: DdpmStepOptions,
): StepResult {
  const { previousT = t - 1, noise, setAlphaToOne } = options;
  const doubled = [...xT.shape.slice(0, -1), 2 * xT.shape[xT.rank - 1]];
  if (!tf.util.arraysEqual(prediction.shape, doubled)) {
    throw argumentError(
      'ddpmStep',
      'prediction.shape',
      prediction.shape,
      `[${doubled}], twice xT's channels, for the variance 'learned_range'`,
    );
  }
  return tf.tidy(() => {
    const [estimate, place] = tf.split(prediction, 2, -1);
    const mean = ddpmStep(xT, t, estimate, alphaBars, { ...options, variance: undefined, noise: undefined });
    checkStep('ddpmStep', xT, estimate, options);
    const isClean = previousT < 0 && (setAlphaToOne ?? true);
    if (noise === undefined || isClean) return mean;
    const logOf = (variance: DdpmVarianceType) =>
      // The smallest that is told from none, as in diffusers.
      Math.log(Math.max(ddpmVariance(t, alphaBars, { previousT, setAlphaToOne, variance }), 1e-20));
    const [small, large] = [logOf('fixed_small'), logOf('fixed_large')];
    const log = tf.add(tf.mul(place, (large - small) / 2), (large + small) / 2);
    return { previous: tf.add(mean.previous, tf.mul(noise, tf.exp(tf.mul(log, 0.5)))), x0: mean.x0 };
  });
}
