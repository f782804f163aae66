import type * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { type DdpmStepOptions, ddpmStep } from './ddpmStep.js';
import { reverseProcess } from './reverseProcess.js';
import type { SampleOptions } from './types.js';

/** Options of {@link sampleDdpm}. `steps` is all timesteps unless given. */
export interface SampleDdpmOptions<C = undefined> extends SampleOptions<C> {
  /** Variance of the added noise, see `ddpmStep`. Default `'fixed_small'`. */
  variance?: DdpmStepOptions['variance'];
}

/**
 * Samples by DDPM's ancestral reverse process, from pure noise or a noised image to images (Ho et al. 2020,
 * algorithm 2).
 *
 * Each step goes to the next of the spaced timesteps and the last one to the clean image, where ᾱ is 1 and no noise
 * is added (ᾱ₀ without `setAlphaToOne`).
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
 * import { sampleDdpm } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(100, { type: 'squaredcos_cap_v2' }));
 * const samples = await sampleDdpm((xT) => tf.mul(xT, 0.5), alphaBars, { shape: [2, 8, 8, 4], clip: [0, 1] });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDdpm<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleDdpmOptions<C>,
): Promise<tf.Tensor> {
  checkAlphaBars('sampleDdpm', alphaBars);
  const { steps = alphaBars.length, variance } = options;
  return reverseProcess(
    'sampleDdpm',
    denoiser,
    alphaBars,
    { ...options, steps },
    true,
    (xT, t, prediction, step) => ddpmStep(xT, t, prediction, alphaBars, { ...step, variance }),
  );
}
