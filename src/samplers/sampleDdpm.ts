import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import { xTSchedule } from './xTSchedule.js';

/**
 * Variance of the noise that DDPM adds in a reverse step (diffusers' names), with β = 1 − ᾱ_t / ᾱ_previous:
 *
 * - `'fixed_small'`: that of the forward process' posterior given x0, (1 − ᾱ_previous) / (1 − ᾱ_t) · β;
 * - `'fixed_small_log'`: the same, under the name that diffusers keeps for computing it by its logarithm;
 * - `'fixed_large'`: that of the forward step itself, β (both in Ho et al. 2020);
 * - `'learned_range'`: the prediction has twice the channels (last axis), and the second half says in [−1, 1] where
 *   between the logarithms of the small and the large one it lies (Nichol and Dhariwal 2021, on learning the variance).
 */
export type DdpmVarianceType = 'fixed_small' | 'fixed_small_log' | 'fixed_large' | 'learned_range';

const VARIANCES = ['fixed_small', 'fixed_small_log', 'fixed_large', 'learned_range'] as const;

/** Options of {@link sampleDdpm}. `steps` is all timesteps unless given. */
export interface SampleDdpmOptions<C = undefined> extends SolverOptions<C> {
  /** Variance of the added noise. Default `'fixed_small'`. */
  variance?: DdpmVarianceType;
  /**
   * Whether a last step from above t = 0 adds noise, which then stays in the samples, as diffusers does with spacings
   * that end there, such as `'trailing'`, and all variances but the small one. Default false.
   */
  asDiffusers?: boolean;
}

/**
 * Samples by DDPM's ancestral reverse process, from pure noise or a noised image to images (Ho et al. 2020, algorithm
 * 2; diffusers' `DDPMScheduler`): a draw from the forward process' posterior q(x_previous | x_t, x0) at the estimated
 * x0 (equations 6, 7 and 15).
 *
 * Each step goes to the next of the spaced timesteps and the last one to the clean image, where ᾱ is 1 and no noise
 * is added (with `finalSigma: 'sigma_min'` ᾱ₀).
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
 * import { sampleDdpm } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(100, { type: 'squaredcos_cap_v2' }));
 * const samples = await sampleDdpm((xT) => tf.mul(xT, 0.5), alphaBars, { shape: [2, 8, 8, 4], clip: [0, 1] });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDdpm<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleDdpmOptions<C>,
): Promise<tf.Tensor> {
  const functionName = 'sampleDdpm';
  const schedule = inFunction(functionName, () => xTSchedule(alphaBars));
  const { steps = alphaBars.length, variance = 'fixed_small', asDiffusers = false } = options;
  checkOneOf(`${functionName}: variance`, variance, VARIANCES);
  const outputs = variance === 'learned_range' ? 2 : 1;
  const family = 'ddim' as const;
  const run = { functionName, family, denoiser, schedule, options: { ...options, steps }, outputs };
  return solve(run, ({ x, i, timesteps, sigma, next, alphaBar, nextAlphaBar, predict, toX0, draw }) => {
    const output = predict(x, sigma);
    const [prediction, place] = outputs === 2 ? tf.split(output, 2, -1) : [output];
    const x0 = toX0(x, sigma, prediction);
    const alpha = alphaBar / nextAlphaBar;
    const mean = combine(
      (Math.sqrt(nextAlphaBar) * (1 - alpha)) / (1 - alphaBar),
      x0,
      (Math.sqrt(alpha) * (1 - nextAlphaBar)) / (1 - alphaBar),
      x,
    );
    if (next === sigma || (next === 0 && !(asDiffusers && timesteps[i] > 0))) return { x: mean, x0 };
    const large = 1 - alpha;
    // 0 at the clean image, where diffusers takes the smallest that has a logarithm.
    const small = Math.max(((1 - nextAlphaBar) / (1 - alphaBar)) * large, 1e-20);
    const deviation = variance === 'fixed_large' ? Math.sqrt(large) : Math.sqrt(small);
    if (place === undefined) return { x: combine(1, mean, deviation, draw()), x0 };
    const share = tf.div(tf.add(place, 1), 2);
    const log = tf.add(tf.mul(share, Math.log(large / small)), Math.log(small));
    return { x: tf.add(mean, tf.mul(draw(), tf.exp(tf.div(log, 2)))), x0 };
  });
}
