import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/**
 * Samples by DPM-Solver++(2M), the second-order multistep solver (Lu et al. 2022, "DPM-Solver++", algorithm 2;
 * k-diffusion's `sample_dpmpp_2m`, diffusers' `DPMSolverMultistepScheduler` as it is configured by default): with λ =
 * −ln σ, x0 at the step's middle is extrapolated from this and the last estimate. One call of the denoiser a step; 20
 * steps are often enough. The first step and one to σ 0 are of first order.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param schedule ᾱ of the schedule that the denoiser was trained with, descending, or a schedule such as
 *   `edmSchedule()`.
 * @returns Samples of `options.shape`, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep`
 *   throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { sampleDpmPlusPlus2M } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleDpmPlusPlus2M((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDpmPlusPlus2M<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SolverOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleDpmPlusPlus2M',
    denoiser,
    schedule: noiseScheduleOf('sampleDpmPlusPlus2M', schedule),
    options,
    family: 'dpm' as const,
  };
  return solve(run, ({ x, i, sigmas, sigma, next, denoise, memory: [last] }) => {
    const x0 = denoise(x, sigma);
    const h = Math.log(sigma) - Math.log(next);
    let middle = x0;
    if (last !== undefined && next > 0) {
      const r = (Math.log(sigmas[i - 1]) - Math.log(sigma)) / h;
      middle = combine(1 + 1 / (2 * r), x0, -1 / (2 * r), last);
    }
    return { x: combine(next / sigma, x, -Math.expm1(-h), middle), x0, memory: [x0] };
  });
}
