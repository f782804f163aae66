import type * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { ddimStep } from './ddimStep.js';
import { reverseProcess } from './reverseProcess.js';
import type { SampleOptions } from './types.js';

/** Options of {@link sampleDdim}. `steps` is 50, or all timesteps where there are fewer, unless given. */
export interface SampleDdimOptions<C = undefined> extends SampleOptions<C> {
  /** Share of DDPM's noise that each step adds, in [0, 1]: 0 is deterministic. Default 0. */
  eta?: number;
  /** Whether ε follows from the clipped x0, which keeps clipped samples free of left-over noise. Default false. */
  useClippedModelOutput?: boolean;
}

/**
 * Samples by DDIM's reverse process, from pure noise or a noised image to images in few steps (Song et al. 2021).
 *
 * Each step goes to the next of the spaced timesteps and the last one to the clean image, where ᾱ is 1 (ᾱ₀ without
 * `setAlphaToOne`).
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @returns Samples of `options.shape`, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep` throws.
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
  checkAlphaBars('sampleDdim', alphaBars);
  const { steps = Math.min(50, alphaBars.length), eta = 0, useClippedModelOutput } = options;
  return reverseProcess(
    'sampleDdim',
    denoiser,
    alphaBars,
    { ...options, steps },
    eta > 0,
    (xT, t, prediction, step) =>
      ddimStep(xT, t, prediction, alphaBars, { ...step, eta, useClippedModelOutput }),
  );
}
