import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { convertPrediction } from './convertPrediction.js';
import type { PredictionOptions } from './predictionType.js';
import { requireBackend } from './requireBackend.js';
import type { Timesteps } from './timesteps.js';

/**
 * The noise that a prediction implies at timestep t (diffusers' `pred_epsilon`).
 *
 * At an early timestep √(1 − ᾱ_t) is small and an x0 prediction's error is magnified by √ᾱ_t / √(1 − ᾱ_t).
 *
 * @param xT noisy images [batch, …].
 * @param t 0-based timesteps: host integers, an int32 tensor [batch], or a Float32Array, also between two timesteps.
 * @param prediction what the denoiser returned, of `xT`'s shape; `options.predictionType` says what it is.
 * @returns The estimate of the noise, float32 of `xT`'s shape, the caller's to dispose.
 * @throws If shapes disagree, a timestep on the host is out of range, or the conversion divides by zero: a noise
 *   prediction where ᾱ is 0, an x0 prediction where it is 1 (with `t` a tensor: anywhere in the schedule).
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { predictNoise } from 'diffusion-ssl/diffusion';
 *
 * const xT = tf.tensor2d([[1.4]]); // 0.8 · x0 + 0.6 · noise with x0 = 1, noise = 1
 * const noise = predictNoise(xT, [0], tf.tensor2d([[1]]), { alphaBars: [0.64], predictionType: 'x0' });
 * console.log(await noise.data()); // 1
 * ```
 */
export function predictNoise<T extends tf.Tensor>(
  xT: T,
  t: Timesteps,
  prediction: tf.Tensor,
  options: PredictionOptions,
): T {
  requireBackend('predictNoise');
  return inFunction('predictNoise', () => convertPrediction('noise', xT, t, { ...options, prediction }));
}
