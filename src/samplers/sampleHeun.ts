import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { type Churn, churn } from './churn.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleHeun}. */
export interface SampleHeunOptions<C = undefined> extends SolverOptions<C> {
  /** Noise that is added before a step and removed by it. Default: none, which is deterministic. */
  churn?: Churn;
}

/**
 * Samples by Heun's method along the probability flow, the second-order sampler of Karras et al. 2022 (algorithm 2;
 * diffusers' `HeunDiscreteScheduler`): an Euler step, then again with the mean of the slopes at both ends. The denoiser
 * is called twice a step, in the last one, to σ 0, once.
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
 * import { sampleHeun } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleHeun((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleHeun<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleHeunOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleHeun',
    denoiser,
    schedule: noiseScheduleOf('sampleHeun', schedule),
    options,
    family: 'euler' as const,
  };
  return solve(run, (state) => {
    const { x, sigma, x0 } = churn(state, options.churn);
    const { next } = state;
    const ratio = next / sigma;
    const euler = combine(ratio, x, 1 - ratio, x0);
    if (next === 0) return { x: euler, x0 };
    const slope = combine(1 / sigma, x, -1 / sigma, x0);
    const slopeThere = combine(1 / next, euler, -1 / next, state.denoise(euler, next));
    const mean = combine(0.5, slope, 0.5, slopeThere);
    return { x: combine(1, x, next - sigma, mean), x0 };
  });
}
