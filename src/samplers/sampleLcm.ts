import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkInteger, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import { xTSchedule } from './xTSchedule.js';

/** Options of {@link sampleLcm}. `steps` is 4 unless given; its levels are its own. */
export interface SampleLcmOptions<C = undefined>
  extends Omit<
    SolverOptions<C>,
    'spacing' | 'stepsOffset' | 'sigmas' | 'rho' | 'sigmaMin' | 'sigmaMax' | 'finalSigma'
  > {
  /** Steps of the solver that the consistency model was distilled from, whose timesteps it knows. Default 50. */
  originalSteps?: number;
  /** Factor on the timestep in the boundary condition. Default 10. */
  timestepScaling?: number;
}

/**
 * Samples by a latent consistency model (Luo et al. 2023; diffusers' `LCMScheduler`): each step estimates
 * the clean image by c_skip · x_t + c_out · x0 and noises it to the next, much lower, timestep. For denoisers that were
 * distilled for it.
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
 * import { sampleLcm } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const samples = await sampleLcm((xT) => tf.mul(xT, 0.5), alphaBars, { shape: [2, 8, 8, 4] });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleLcm<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleLcmOptions<C>,
): Promise<tf.Tensor> {
  const functionName = 'sampleLcm';
  const schedule = inFunction(functionName, () => xTSchedule(alphaBars));
  const { originalSteps = Math.min(50, alphaBars.length), timestepScaling = 10 } = options;
  checkInteger(`${functionName}: originalSteps`, originalSteps, 1, alphaBars.length);
  const { steps = Math.min(4, originalSteps) } = options;
  checkInteger(`${functionName}: steps`, steps, 1, originalSteps);
  checkNumber(`${functionName}: timestepScaling`, timestepScaling, 0);
  const stride = Math.floor(alphaBars.length / originalSteps);
  const spaced = Array.from(
    { length: steps },
    (_, i) => (originalSteps - Math.floor((i * originalSteps) / steps)) * stride - 1,
  );
  const run = {
    ...{ functionName, family: 'ddim' as const, denoiser, schedule },
    options: { ...options, timesteps: options.timesteps ?? spaced },
  };
  return solve(run, ({ x, i, timesteps, sigma, next, nextAlphaBar, denoise, draw }) => {
    const x0 = denoise(x, sigma);
    // Boundary condition of consistency models, with deviation 1/2 of the data: the estimate at t = 0 is x_t itself.
    const scaledT = timesteps[i] * timestepScaling;
    const skip = 0.5 ** 2 / (scaledT ** 2 + 0.5 ** 2);
    const out = scaledT / Math.sqrt(scaledT ** 2 + 0.5 ** 2);
    const clean = combine(out, x0, skip, x);
    if (next === 0) return { x: clean, x0 };
    return { x: combine(Math.sqrt(nextAlphaBar), clean, Math.sqrt(1 - nextAlphaBar), draw()), x0 };
  });
}
