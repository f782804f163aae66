import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { convertPrediction } from './convertPrediction.js';
import type { PredictionOptions } from './predictionType.js';
import { requireBackend } from './requireBackend.js';
import type { Timesteps } from './timesteps.js';

/**
 * The velocity v that a prediction implies at timestep t (Salimans & Ho 2022, "Progressive distillation").
 *
 * For a training target, where x0 and the noise are both known, `getVelocity` is exact at every ᾱ.
 *
 * @param xT noisy images [batch, …].
 * @param t 0-based timesteps: host integers, an int32 tensor [batch], or a Float32Array, also between two timesteps.
 * @param prediction what the denoiser returned, of `xT`'s shape; `options.predictionType` says what it is.
 * @returns The estimate of v, float32 of `xT`'s shape, the caller's to dispose.
 * @throws If shapes disagree, a timestep on the host is out of range, or the conversion divides by zero: a noise
 *   prediction where ᾱ is 0, an x0 prediction where it is 1 (with `t` a tensor: anywhere in the schedule).
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { predictV } from 'diffusion-ssl/diffusion';
 *
 * const xT = tf.tensor2d([[1.4]]); // 0.8 · x0 + 0.6 · noise with x0 = 1, noise = 1
 * const v = predictV(xT, [0], tf.tensor2d([[1]]), { alphaBars: [0.64] });
 * console.log(await v.data()); // 0.8 · 1 − 0.6 · 1 = 0.2
 * ```
 */
export function predictV<T extends tf.Tensor>(
  xT: T,
  t: Timesteps,
  prediction: tf.Tensor,
  options: PredictionOptions,
): T {
  requireBackend('predictV');
  return inFunction('predictV', () => convertPrediction('v', xT, t, { ...options, prediction }));
}
