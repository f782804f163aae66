import * as tf from '@tensorflow/tfjs-core';
import { alphaBarPair } from './alphaBarPair.js';
import { type DdpmVarianceType, ddpmVariance } from './ddpmVariance.js';
import { checkStep, combine, estimate } from './stepTensors.js';
import type { StepOptions, StepResult } from './types.js';

/** Options of {@link ddpmStep}. */
export interface DdpmStepOptions extends StepOptions {
  /** Variance of the added noise. Default `'fixed_small'`. */
  variance?: DdpmVarianceType;
}

/**
 * One reverse step of DDPM: a draw from q(x_previous | x_t, x0) at the estimated x0 (Ho et al. 2020, equations 6, 7
 * and 15; diffusers' `DDPMScheduler.step`).
 *
 * No noise is added in the step to ᾱ = 1, whatever the variance.
 *
 * @param xT noisy samples at timestep `t`, any shape.
 * @param t 0-based timestep of all samples.
 * @param prediction what the denoiser returned for them, of the same shape.
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
