import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { inFunction } from '../internal/inFunction.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import { xTSchedule } from './xTSchedule.js';

/** Options of {@link invertDdim}. `steps` is 50, or all timesteps where there are fewer, unless given. */
export type InvertDdimOptions<C = undefined> = Omit<
  SolverOptions<C>,
  'shape' | 'initialImage' | 'startStep' | 'seed' | 'noise'
>;

/**
 * DDIM backwards, from clean images to the noise that DDIM without η would make them of (Song et al. 2021; diffusers'
 * `DDIMInverseScheduler`): the timesteps are visited upwards, the denoiser is told the one that a step goes to. The
 * more steps, the closer `sampleDdim` comes back.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @param images clean images, [batch, …].
 * @returns Noisy samples at the largest of the timesteps, the caller's to dispose; no other tensor stays, also when it
 *   throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser or `onStep` throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { invertDdim } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const noisy = await invertDdim((xT) => tf.mul(xT, 0.5), alphaBars, tf.ones([2, 8, 8, 4]), { steps: 10 });
 * console.log(noisy.shape); // [2, 8, 8, 4]
 * ```
 */
export async function invertDdim<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  images: tf.Tensor,
  options: InvertDdimOptions<C> = {},
): Promise<tf.Tensor> {
  const functionName = 'invertDdim';
  const down = inFunction(functionName, () => xTSchedule(alphaBars));
  const levels: NoiseSchedule['levels'] = (request) => {
    const { timesteps, sigmas } = down.levels(request);
    return { timesteps: timesteps.reverse(), sigmas: sigmas.reverse() };
  };
  const { steps = Math.min(50, alphaBars.length) } = options;
  const run = {
    ...{ functionName, family: 'ddim' as const, denoiser },
    schedule: { ...down, levels },
    options: { ...options, steps, shape: images.shape, noise: () => images },
  };
  return solve(run, ({ x, i, timesteps, sigma, nextAlphaBar, predict, toX0, toNoise }) => {
    const prediction = predict(x, sigma, timesteps[i]);
    const x0 = toX0(x, sigma, prediction);
    const noise = toNoise(x, sigma, prediction);
    return { x: combine(Math.sqrt(nextAlphaBar), x0, Math.sqrt(1 - nextAlphaBar), noise), x0 };
  });
}
