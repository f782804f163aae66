import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { requireBackend } from './requireBackend.js';
import { combineAt, type Timesteps } from './timesteps.js';

/**
 * The training target of v-prediction: v = √ᾱ_t · noise − √(1 − ᾱ_t) · x0 (Salimans & Ho 2022; diffusers'
 * `get_velocity`).
 *
 * @param x0 clean images [batch, …].
 * @param t 0-based timesteps: host integers, an int32 tensor [batch], or a Float32Array, also between two timesteps.
 * @param alphaBars ᾱ of the schedule; zero is allowed.
 * @param noise the noise that `qSample` was given, of `x0`'s shape.
 * @returns v, float32 of `x0`'s shape, the caller's to dispose.
 * @throws If shapes disagree, a timestep on the host is out of range, or an ᾱ is not in [0, 1].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { getVelocity } from 'diffusion-ssl/diffusion';
 *
 * const v = getVelocity(tf.tensor2d([[1]]), [0], [0.64], tf.tensor2d([[2]]));
 * console.log(await v.data()); // 0.8 · 2 − 0.6 · 1 = 1
 * ```
 */
export function getVelocity<T extends tf.Tensor>(
  x0: T,
  t: Timesteps,
  alphaBars: ArrayLike<number>,
  noise: tf.Tensor,
): T {
  requireBackend('getVelocity');
  return inFunction('getVelocity', () =>
    combineAt(alphaBars, t, {
      x0: [x0, (alphaBar) => -Math.sqrt(1 - alphaBar)],
      noise: [noise, Math.sqrt],
    }),
  ) as T;
}
