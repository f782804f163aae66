import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { requireBackend } from './requireBackend.js';
import { combineAt, type Timesteps } from './timesteps.js';

/**
 * The noisy image of the forward process: x_t = √ᾱ_t · x0 + √(1 − ᾱ_t) · noise (Ho et al. 2020, equation 4).
 *
 * @param x0 clean images [batch, …] (NHWC in this library), in whatever range the normalisation gives.
 * @param t 0-based timesteps: host integers, an int32 tensor [batch], or a Float32Array, also between two timesteps.
 * @param alphaBars ᾱ of the schedule, as `computeAlphaSchedule` gives it.
 * @param noise standard normal noise of `x0`'s shape.
 * @returns x_t, float32 of `x0`'s shape, the caller's to dispose; nothing else stays allocated.
 * @throws {ConfigError} If shapes disagree, a timestep on the host is out of range, an ᾱ is not in [0, 1], or they
 * ascend, as betas do.
 * @throws {BackendError} If no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule, qSample } from 'diffusion-ssl/diffusion';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const x0 = tf.ones([2, 8, 8, 4]);
 * const noise = tf.randomNormal([2, 8, 8, 4], 0, 1, 'float32', 1);
 * const xT = qSample(x0, [10, 900], alphaBars, noise);
 * console.log(xT.shape); // [2, 8, 8, 4]
 * ```
 */
export function qSample<T extends tf.Tensor>(
  x0: T,
  t: Timesteps,
  alphaBars: ArrayLike<number>,
  noise: tf.Tensor,
): T {
  requireBackend('qSample');
  return inFunction('qSample', () =>
    combineAt(alphaBars, t, {
      x0: [x0, Math.sqrt],
      noise: [noise, (alphaBar) => Math.sqrt(1 - alphaBar)],
    }),
  ) as T;
}
