import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import { xTSchedule } from './xTSchedule.js';

/** Options of {@link sampleDdim}. `steps` is 50, or all timesteps where there are fewer, unless given. */
export interface SampleDdimOptions<C = undefined> extends SolverOptions<C> {
  /** Share of DDPM's noise that each step adds, in [0, 1]: 0 is deterministic, 1 is DDPM. Default 0. */
  eta?: number;
  /**
   * Whether the noise follows from the clipped x0 instead of being the denoiser's (diffusers'
   * `use_clipped_model_output`). With the denoiser's, noise that clipping has taken out of x0 stays in the sample.
   * Default false, as in diffusers.
   */
  useClippedModelOutput?: boolean;
}

/**
 * Samples by DDIM's reverse process, from pure noise or a noised image to images in few steps (Song et al. 2021,
 * equation 12; diffusers' `DDIMScheduler`): x_previous = √ᾱ_previous · x0 + √(1 − ᾱ_previous − σ²) · ε + σ · noise,
 * where σ is η times the deviation of DDPM's small variance (equation 16).
 *
 * Each step goes to the next of the spaced timesteps and the last one to the clean image, where ᾱ is 1 (with
 * `finalSigma: 'sigma_min'` ᾱ₀). Clipping and thresholding change x0 only; ε stays the denoiser's, as in diffusers'
 * default, unless `useClippedModelOutput`.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @returns Samples of `options.shape`, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep`
 *   throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { sampleDdim } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const samples = await sampleDdim((xT) => tf.mul(xT, 0.5), alphaBars, {
 *   shape: [2, 8, 8, 4],
 *   steps: 10,
 *   spacing: 'trailing',
 *   onStep: ({ step, t }) => console.log(step, t), // 1 999, 2 899, …, 10 99
 * });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDdim<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleDdimOptions<C>,
): Promise<tf.Tensor> {
  const functionName = 'sampleDdim';
  const schedule = inFunction(functionName, () => xTSchedule(alphaBars));
  const { steps = Math.min(50, alphaBars.length), eta = 0, useClippedModelOutput = false } = options;
  checkNumber(`${functionName}: eta`, eta, 0, 1);
  const run = { functionName, family: 'ddim' as const, denoiser, schedule, options: { ...options, steps } };
  return solve(run, ({ x, sigma, alphaBar, nextAlphaBar, predict, toX0, toNoise, draw }) => {
    const prediction = predict(x, sigma);
    const x0 = toX0(x, sigma, prediction);
    const noise = useClippedModelOutput
      ? combine(1 / Math.sqrt(1 - alphaBar), x, -Math.sqrt(alphaBar / (1 - alphaBar)), x0)
      : toNoise(x, sigma, prediction);
    const variance = eta ** 2 * ((1 - nextAlphaBar) / (1 - alphaBar)) * (1 - alphaBar / nextAlphaBar);
    const direction = Math.sqrt(Math.max(0, 1 - nextAlphaBar - variance));
    const mean = combine(Math.sqrt(nextAlphaBar), x0, direction, noise);
    return { x: variance > 0 ? combine(1, mean, Math.sqrt(variance), draw()) : mean, x0 };
  });
}
