import type * as tf from '@tensorflow/tfjs-core';
import { add, mul } from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Weights of the last slopes, newest first, by how many there are (Adams and Bashforth). */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/** Options of {@link samplePndm}. */
export interface SamplePndmOptions<C = undefined> extends SolverOptions<C> {
  /**
   * Whether to begin without Runge-Kutta steps, which call the denoiser four times each. Default true, as Stable
   * Diffusion.
   */
  skipRungeKutta?: boolean;
}

/**
 * Samples by pseudo numerical methods for diffusion models (Liu et al. 2022, algorithm 2; diffusers' `PNDMScheduler`):
 * a linear multistep of fourth order over what the network predicts, begun by three Runge-Kutta steps, or by one step
 * with a correction and rising orders. The default levels are those of `spacing: 'leading'`, and it assumes even
 * timesteps. Predictions are averaged as they are, as in diffusers: with v prediction that is of first order only.
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
 * import { samplePndm } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await samplePndm((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function samplePndm<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SamplePndmOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'samplePndm',
    denoiser,
    schedule: noiseScheduleOf('samplePndm', schedule),
    options,
    family: 'ddim' as const,
  };
  const { skipRungeKutta = true } = options;
  return solve(run, ({ x, i, timesteps, sigma, next, predict, toX0, sigmaAt, memory }) => {
    /** From the step's level to another along the slope that a prediction implies here. */
    const move = (prediction: tf.Tensor, level: number) =>
      combine(level / sigma, x, 1 - level / sigma, toX0(x, sigma, prediction));
    // The caller's tensor may be given twice: what is remembered is a copy.
    const e = mul(predict(x, sigma), 1);
    const previous = [e, ...memory].slice(0, 4);
    const x0 = toX0(x, sigma, e);
    if (!skipRungeKutta && i < 3 && i + 1 < timesteps.length) {
      const half = Math.floor((timesteps[i] - timesteps[i + 1]) / 2);
      const middleT = timesteps[i + 1] + half;
      const middle = sigmaAt(middleT);
      // Of an odd stride diffusers goes half of it down first, which is one less than to the middle that it tells.
      const first = sigmaAt(timesteps[i] - half);
      const e2 = predict(move(e, first), first, middleT);
      const e3 = predict(move(e2, middle), middle, middleT);
      const e4 = predict(move(e3, next), next);
      const mean = combine(1 / 6, combine(1, e, 1, e4), 1 / 3, combine(1, e2, 1, e3));
      return { x: move(mean, next), x0, memory: previous };
    }
    if (i === 0 && i + 1 < timesteps.length) {
      const there = predict(move(e, next), next);
      return { x: move(combine(0.5, e, 0.5, there), next), x0, memory: previous };
    }
    const weights = ADAMS_BASHFORTH[previous.length - 1];
    const slope = previous.map((tensor, j) => mul(tensor, weights[j])).reduce((sum, term) => add(sum, term));
    return { x: move(slope, next), x0, memory: previous };
  });
}
