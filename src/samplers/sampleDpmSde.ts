import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkNumber } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleDpmSde}. */
export interface SampleDpmSdeOptions<C = undefined> extends SolverOptions<C> {
  /** Share of the noise that is added, in [0, 1]. Default 1. */
  eta?: number;
}

/**
 * Samples by DPM-Solver++ for the stochastic equation, of second order (k-diffusion's `sample_dpmpp_sde`, diffusers'
 * `DPMSolverSDEScheduler`): an ancestral step to the middle of the step in λ = −ln σ, then one over the whole with what
 * the denoiser says there. Two calls of the denoiser a step, in the last one, to σ 0, one. The k-th step draws `noise`
 * with the steps 2k − 1 and 2k.
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
 * import { sampleDpmSde } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleDpmSde((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDpmSde<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleDpmSdeOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleDpmSde',
    denoiser,
    schedule: noiseScheduleOf('sampleDpmSde', schedule),
    options,
    family: 'euler' as const,
  };
  const { eta = 1 } = options;
  checkNumber('sampleDpmSde: eta', eta, 0, 1);
  return solve(run, ({ x, i, sigma, next, denoise, draw }) => {
    const x0 = denoise(x, sigma);
    if (next === 0) return { x: x0, x0 };
    const ancestral = (level: number, estimate: tf.Tensor, index: number) => {
      const up = Math.min(level, eta * Math.sqrt((level ** 2 * (sigma ** 2 - level ** 2)) / sigma ** 2));
      const ratio = Math.sqrt(level ** 2 - up ** 2) / sigma;
      const mean = combine(ratio, x, 1 - ratio, estimate);
      return up === 0 ? mean : combine(1, mean, up, draw(index));
    };
    const middle = Math.sqrt(sigma * next);
    const there = denoise(ancestral(middle, x0, 2 * i + 1), middle);
    return { x: ancestral(next, there, 2 * i + 2), x0 };
  });
}
