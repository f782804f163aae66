import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { sineAndCosine } from './sineAndCosine.js';

/** Options of {@link getTimestepEmbedding}. */
export interface TimestepEmbeddingOptions {
  /** Longest period divided by 2π, in timesteps, above 0. Default 10,000. */
  maxPeriod?: number;
}

/**
 * Sinusoidal embedding of timesteps (Vaswani et al. 2017; eofm-tutorial's `get_timestep_embedding`).
 *
 * With half = ⌊dim / 2⌋ and f_i = maxPeriod^(−i / half), a row holds sin(t · f_0..half-1), then cos(t · f_0..half-1),
 * then one zero if `dim` is odd (so dim 1 is one zero).
 *
 * @param t timesteps: numbers on the host (embedded in float64 and then rounded), or an int32 or float32 tensor
 *   [batch] (composed of tf ops in float32, whose phase is good to 1e-4 rad near t = 1000).
 * @param dim columns of the result, at least 1.
 * @returns A float32 tensor [batch, dim], the caller's to dispose.
 * @throws If `t` is a tensor of other form or holds a number that is not finite, or `dim` or `maxPeriod` is out of
 * range.
 * @example
 * ```ts
 * import { getTimestepEmbedding } from 'diffusion-ssl/diffusion';
 *
 * const embedding = getTimestepEmbedding([0, 500], 128);
 * console.log(embedding.shape); // [2, 128]
 * embedding.dispose();
 * ```
 */
export function getTimestepEmbedding(
  t: readonly number[] | Int32Array | tf.Tensor,
  dim: number,
  options: TimestepEmbeddingOptions = {},
): tf.Tensor2D {
  const { maxPeriod = 10_000 } = options;
  checkInteger('getTimestepEmbedding: dim', dim, 1);
  if (!(maxPeriod > 0 && maxPeriod < Infinity)) {
    throw argumentError('getTimestepEmbedding: maxPeriod', maxPeriod, 'a finite number above 0');
  }
  const half = Math.floor(dim / 2);
  const frequencies = Float64Array.from({ length: half }, (_, i) => maxPeriod ** (-i / half));
  return t instanceof tf.Tensor ? embedTensor(t, dim, frequencies) : embedHost(t, dim, frequencies);
}

function embedHost(t: ArrayLike<number>, dim: number, frequencies: Float64Array): tf.Tensor2D {
  const half = frequencies.length;
  const values = new Float32Array(t.length * dim);
  for (let row = 0; row < t.length; row++) {
    checkNumber(`getTimestepEmbedding: t[${row}]`, t[row]);
    for (let i = 0; i < half; i++) {
      const angle = t[row] * frequencies[i];
      values[row * dim + i] = Math.sin(angle);
      values[row * dim + half + i] = Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [t.length, dim]);
}

function embedTensor(t: tf.Tensor, dim: number, frequencies: Float64Array): tf.Tensor2D {
  if (t.rank !== 1 || (t.dtype !== 'int32' && t.dtype !== 'float32')) {
    const accepted = 'an int32 or float32 tensor of shape [batch]';
    throw argumentError('getTimestepEmbedding: t', `${t.dtype} tensor [${t.shape}]`, accepted);
  }
  const half = frequencies.length;
  return tf.tidy(() => {
    if (half === 0) return tf.zeros([t.shape[0], dim]);
    const angles = tf.mul(
      tf.reshape(tf.cast(t, 'float32'), [-1, 1]),
      tf.tensor2d(Float32Array.from(frequencies), [1, half]),
    );
    const waves = tf.concat(sineAndCosine(angles), 1);
    return dim % 2 === 0
      ? waves
      : tf.pad(waves, [
          [0, 0],
          [0, 1],
        ]);
  }) as tf.Tensor2D;
}
