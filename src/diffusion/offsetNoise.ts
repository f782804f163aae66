import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { type RandomKey, randomNormal } from '../internal/philox.js';
import { requireBackend } from './requireBackend.js';

/** Options of {@link offsetNoise}. */
export interface OffsetNoiseOptions {
  /** Standard deviation of the offsets, at least 0. Default 0.1. */
  strength?: number;
  /** Names the offsets: the same key and shape give the same on every backend. */
  key: RandomKey;
}

/**
 * Noise of which each channel of each sample is shifted by a number of its own, so that a network learns to change
 * brightness as a whole too, which plain noise hardly touches (Guttenberg 2023, "Diffusion with offset noise";
 * diffusers' `--noise_offset`).
 *
 * To be given to `qSample` or as the noise of a training batch. Its variance is 1 + `strength`²; samples still start
 * from plain noise.
 *
 * @param noise standard normal noise [batch, …, channels].
 * @returns The shifted noise, of the same shape, the caller's to dispose.
 * @throws {ConfigError} If `noise` is no tensor of rank 2 or more, or an option is out of range.
 * @throws {BackendError} If no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { offsetNoise } from 'diffusion-ssl/diffusion';
 *
 * const noise = tf.randomNormal([2, 8, 8, 4]);
 * const shifted = offsetNoise(noise, { strength: 0.1, key: { seed: 1, stream: 0, step: 7 } });
 * console.log(shifted.shape); // [2, 8, 8, 4]
 * ```
 */
export function offsetNoise<T extends tf.Tensor>(noise: T, options: OffsetNoiseOptions): T {
  const { strength = 0.1, key } = options;
  requireBackend('offsetNoise');
  if (!(noise instanceof tf.Tensor) || noise.rank < 2) {
    throw argumentError('offsetNoise: noise', noise, 'a tensor [batch, …, channels]');
  }
  checkNumber('offsetNoise: strength', strength, 0);
  const [batch, channels] = [noise.shape[0], noise.shape[noise.rank - 1]];
  return tf.tidy(() => {
    const offsets = randomNormal(batch * channels, key).map((offset) => strength * offset);
    const shape = [batch, ...new Array<number>(noise.rank - 2).fill(1), channels];
    return tf.add(noise, tf.tensor(offsets, shape));
  });
}
