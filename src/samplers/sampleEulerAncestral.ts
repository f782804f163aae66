import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkNumber } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleEulerAncestral}. */
export interface SampleEulerAncestralOptions<C = undefined> extends SolverOptions<C> {
  /** Share of the noise that is added, in [0, 1]: 0 is Euler's method. Default 1. */
  eta?: number;
}

/**
 * Samples by Euler's method with fresh noise (k-diffusion's `sample_euler_ancestral`, diffusers'
 * `EulerAncestralDiscreteScheduler`): each step goes below the next level, to σ_down, and adds noise of deviation σ_up
 * up to it.
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
 * import { sampleEulerAncestral } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleEulerAncestral((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleEulerAncestral<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleEulerAncestralOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleEulerAncestral',
    denoiser,
    schedule: noiseScheduleOf('sampleEulerAncestral', schedule),
    options,
    family: 'euler' as const,
  };
  const { eta = 1 } = options;
  checkNumber('sampleEulerAncestral: eta', eta, 0, 1);
  return solve(run, ({ x, sigma, next, denoise, draw }) => {
    const x0 = denoise(x, sigma);
    const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
    const ratio = Math.sqrt(next ** 2 - up ** 2) / sigma;
    const mean = combine(ratio, x, 1 - ratio, x0);
    return { x: up === 0 ? mean : combine(1, mean, up, draw()), x0 };
  });
}
