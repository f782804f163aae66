import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { sineAndCosine } from './sineAndCosine.js';

/** How an embedding of timesteps is laid out. */
export interface EmbeddingLayout {
  /** Columns; one more than twice the frequencies where it is odd. */
  dim: number;
  frequencies: Float64Array;
  /** Whether the cosines come first. Default false. */
  flipSinToCos?: boolean;
}

/** maxPeriod^(−i / (half − shift)), for i below half. */
export function timestepFrequencies(half: number, maxPeriod = 10_000, shift = 0): Float64Array {
  return Float64Array.from({ length: half }, (_, i) => maxPeriod ** (-i / (half - shift)));
}

/** What `getTimestepEmbedding` does on a backend. */
export function embedTimesteps(
  t: tf.Tensor,
  { dim, frequencies, flipSinToCos }: EmbeddingLayout,
): tf.Tensor2D {
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
    const [sines, cosines] = sineAndCosine(angles);
    const waves = tf.concat(flipSinToCos ? [cosines, sines] : [sines, cosines], 1);
    return dim % 2 === 0
      ? waves
      : tf.pad(waves, [
          [0, 0],
          [0, 1],
        ]);
  }) as tf.Tensor2D;
}
