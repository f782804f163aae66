import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { alphaBarPair } from './alphaBarPair.js';
import { ddimVariance } from './ddimVariance.js';
import { checkStep, combine, estimate } from './stepTensors.js';
import type { StepOptions, StepResult } from './types.js';

/** Options of {@link ddimStep}. */
export interface DdimStepOptions extends StepOptions {
  /** Share of DDPM's noise that is added, in [0, 1]: 0 is deterministic, 1 is DDPM. Default 0. */
  eta?: number;
  /**
   * Whether ε follows from the clipped x0 instead of being the denoiser's (diffusers' `use_clipped_model_output`). With
   * the denoiser's, noise that clipping has taken out of x0 stays in the sample. Default false, as in diffusers.
   */
  useClippedModelOutput?: boolean;
}

/**
 * One reverse step of DDIM (Song et al. 2021, equation 12; diffusers' `DDIMScheduler.step`):
 * x_previous = √ᾱ_previous · x0 + √(1 − ᾱ_previous − σ²) · ε + σ · noise, with σ = η · √(`ddimVariance`).
 *
 * Clipping and thresholding change x0 only; ε stays the denoiser's, as in diffusers' default, unless
 * `useClippedModelOutput`.
 *
 * @param xT noisy samples at timestep `t`, any shape.
 * @param t 0-based timestep of all samples.
 * @param prediction what the denoiser returned for them, of the same shape.
 * @param alphaBars ᾱ of the schedule, descending.
 * @returns The samples at `previousT` and the estimate of x0, both the caller's to dispose.
 * @throws If shapes disagree, a timestep, ᾱ or η is out of range, or a noise prediction meets ᾱ = 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ddimStep } from 'diffusion-ssl/samplers';
 *
 * const xT = tf.tensor2d([[1.4]]);
 * const { previous } = ddimStep(xT, 0, tf.tensor2d([[1]]), [0.64]);
 * console.log(await previous.data()); // (1.4 − 0.6) / 0.8 = 1
 * ```
 */
export function ddimStep(
  xT: tf.Tensor,
  t: number,
  prediction: tf.Tensor,
  alphaBars: ArrayLike<number>,
  options: DdimStepOptions = {},
): StepResult {
  const { previousT = t - 1, eta = 0, noise, useClippedModelOutput = false, setAlphaToOne } = options;
  checkStep('ddimStep', xT, prediction, options);
  checkNumber('ddimStep', 'eta', eta, 0, 1);
  const { alphaBar, previousAlphaBar } = alphaBarPair('ddimStep', alphaBars, t, previousT, setAlphaToOne);
  const variance = eta ** 2 * ddimVariance(t, alphaBars, { previousT, setAlphaToOne });
  return tf.tidy(() => {
    const x0 = estimate('ddimStep', 'x0', xT, alphaBar, prediction, options);
    const predictedNoise = useClippedModelOutput
      ? estimate('ddimStep', 'noise', xT, alphaBar, x0, { predictionType: 'x0' })
      : estimate('ddimStep', 'noise', xT, alphaBar, prediction, options);
    const direction = Math.sqrt(Math.max(0, 1 - previousAlphaBar - variance));
    const mean = combine(Math.sqrt(previousAlphaBar), x0, direction, predictedNoise);
    return { previous: noise === undefined ? mean : tf.add(mean, tf.mul(noise, Math.sqrt(variance))), x0 };
  });
}
