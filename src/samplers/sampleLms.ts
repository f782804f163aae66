import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkInteger } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleLms}. */
export interface SampleLmsOptions<C = undefined> extends SolverOptions<C> {
  /** How many slopes are used, from 1 to 4. Default 4. */
  order?: number;
}

/**
 * Samples by the linear multistep method (k-diffusion's `sample_lms`, diffusers' `LMSDiscreteScheduler`): the slope
 * dx̂/dσ = (x̂ − x0) / σ of the last steps is continued as a polynomial in σ and integrated over the step. One call of
 * the denoiser a step.
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
 * import { sampleLms } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleLms((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleLms<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleLmsOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleLms',
    denoiser,
    schedule: noiseScheduleOf('sampleLms', schedule),
    options,
    family: 'euler' as const,
  };
  const { order = 4 } = options;
  checkInteger('sampleLms: order', order, 1, 4);
  return solve(run, ({ x, i, sigmas, sigma, next, denoise, memory }) => {
    const x0 = denoise(x, sigma);
    const slopes = [combine(1 / sigma, x, -1 / sigma, x0), ...memory].slice(0, order);
    const nodes = slopes.map((_, j) => sigmas[i - j]);
    let moved = x;
    slopes.forEach((slope, j) => {
      moved = combine(1, moved, lagrangeIntegral(nodes, j, sigma, next), slope);
    });
    return { x: moved, x0, memory: slopes };
  });
}

/** Integral of the j-th Lagrange polynomial of `nodes`, of degree 3 at most, by two points of Gauss, which is exact. */
function lagrangeIntegral(nodes: number[], j: number, from: number, to: number): number {
  const value = (at: number) =>
    nodes.reduce((product, node, k) => (k === j ? product : (product * (at - node)) / (nodes[j] - node)), 1);
  const [middle, half] = [(from + to) / 2, (to - from) / 2];
  return half * (value(middle - half / Math.sqrt(3)) + value(middle + half / Math.sqrt(3)));
}
