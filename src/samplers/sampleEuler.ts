import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { type Churn, churn } from './churn.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleEuler}. */
export interface SampleEulerOptions<C = undefined> extends SolverOptions<C> {
  /** Noise that is added before a step and removed by it. Default: none, which is deterministic. */
  churn?: Churn;
}

/**
 * Samples by Euler's method along the probability flow (Karras et al. 2022, algorithm 2 without its correction;
 * k-diffusion's `sample_euler`, diffusers' `EulerDiscreteScheduler`): a step goes along dx̂/dσ = (x̂ − x0) / σ.
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
 * import { sampleEuler } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const samples = await sampleEuler((xT) => tf.mul(xT, 0.5), alphaBars, {
 *   shape: [2, 8, 8, 4],
 *   steps: 10,
 *   sigmas: 'karras',
 * });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleEuler<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleEulerOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleEuler',
    denoiser,
    schedule: noiseScheduleOf('sampleEuler', schedule),
    options,
    family: 'euler' as const,
  };
  return solve(run, (state) => {
    const { x, sigma, x0 } = churn(state, options.churn);
    const ratio = state.next / sigma;
    return { x: combine(ratio, x, 1 - ratio, x0), x0 };
  });
}
