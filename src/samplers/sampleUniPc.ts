import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import { uniPcUpdate } from './uniPcUpdate.js';

/** Options of {@link sampleUniPc}. */
export interface SampleUniPcOptions<C = undefined> extends SolverOptions<C> {
  /** Order of predictor and corrector, from 1 to 3. Default 2. */
  order?: 1 | 2 | 3;
  /** B(h): h or e^h − 1. Default `'bh2'`. */
  solverType?: 'bh1' | 'bh2';
  /** Whether it works on x0, in place of the noise, which cannot end at σ 0. Default true. */
  predictX0?: boolean;
  /** Steps, from 0, after which nothing is corrected. Default: none. */
  disableCorrector?: readonly number[];
  /** Whether the last steps are of lower order, which is more stable. Default true. */
  lowerOrderFinal?: boolean;
}

/**
 * Samples by UniPC (Zhao et al. 2023; diffusers' `UniPCMultistepScheduler`): a multistep predictor in λ = −ln σ, and a
 * corrector of the same form that takes the next call of the denoiser, which is made anyway, to improve the step
 * before. One call a step.
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
 * import { sampleUniPc } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleUniPc((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleUniPc<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleUniPcOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleUniPc',
    denoiser,
    schedule: noiseScheduleOf('sampleUniPc', schedule),
    options,
    family: 'dpm' as const,
  };
  const { order = 2, solverType = 'bh2', predictX0 = true } = options;
  const { disableCorrector = [], lowerOrderFinal = true } = options;
  checkOneOf('sampleUniPc: solverType', solverType, ['bh1', 'bh2']);
  if (![1, 2, 3].includes(order)) throw argumentError('sampleUniPc: order', order, '1, 2 or 3');
  const orderAt = (i: number, sigmas: Float64Array) => {
    const left = sigmas.length - 1 - i;
    // A step of no length, to a level that the last one is at, has nothing to weigh.
    return sigmas[i + 1] === sigmas[i] ? 1 : Math.min(order, i + 1, lowerOrderFinal ? left : order);
  };
  return solve(run, ({ x: predicted, i, sigmas, sigma, next, denoise, memory }) => {
    if (next === 0 && !predictX0) {
      throw argumentError('sampleUniPc: finalSigma', 'zero', "'sigma_min' without predictX0");
    }
    const x0 = denoise(predicted, sigma);
    const m = predictX0 ? x0 : combine(1 / sigma, predicted, -1 / sigma, x0);
    const [lastX, ...outputs] = memory;
    const rule = { sigmas, solverType, predictX0 };
    const corrects = i > 0 && !disableCorrector.includes(i - 1);
    const x = corrects
      ? uniPcUpdate({ ...rule, x: lastX, from: i - 1, order: orderAt(i - 1, sigmas), outputs, there: m })
      : predicted;
    const known = [m, ...outputs].slice(0, order);
    if (next === 0) return { x: x0, x0, memory: [x, ...known] };
    return {
      x: uniPcUpdate({ ...rule, x, from: i, order: orderAt(i, sigmas), outputs: known }),
      x0,
      memory: [x, ...known],
    };
  });
}
