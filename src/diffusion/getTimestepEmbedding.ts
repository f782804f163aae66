import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { type EmbeddingLayout, embedTimesteps, timestepFrequencies } from './embedTimesteps.js';

/** Options of {@link getTimestepEmbedding}. */
export interface TimestepEmbeddingOptions {
  /** Longest period divided by 2π, in timesteps, above 0. Default 10,000. */
  maxPeriod?: number;
  /** Whether the cosines come first; diffusers' name. Default false. */
  flipSinToCos?: boolean;
  /**
   * What is subtracted from half in the exponent of the frequencies, diffusers' `downscale_freq_shift`; less than half.
   * Default 0.
   */
  downscaleFreqShift?: number;
  /** Factor of the timesteps. Default 1. */
  scale?: number;
}

/**
 * Sinusoidal embedding of timesteps (Vaswani et al. 2017; eofm-tutorial's `get_timestep_embedding`).
 *
 * With half = ⌊dim / 2⌋ and f_i = maxPeriod^(−i / half), a row holds sin(t · f_0..half-1), then cos(t · f_0..half-1),
 * then one zero if `dim` is odd (so dim 1 is one zero). The options are those of diffusers' function of this name.
 *
 * @param t timesteps: numbers on the host (embedded in float64 and then rounded), or an int32 or float32 tensor
 *   [batch] (composed of tf ops in float32, whose phase is good to 1e-4 rad near t = 1000).
 * @param dim columns of the result, at least 1.
 * @returns A float32 tensor [batch, dim], the caller's to dispose.
 * @throws If `t` is a tensor of other form or holds a number that is not finite, or `dim` or an option is out of range.
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
  const { maxPeriod = 10_000, flipSinToCos = false, downscaleFreqShift = 0, scale = 1 } = options;
  checkInteger('getTimestepEmbedding: dim', dim, 1);
  if (!(maxPeriod > 0 && maxPeriod < Infinity)) {
    throw argumentError('getTimestepEmbedding: maxPeriod', maxPeriod, 'a finite number above 0');
  }
  const half = Math.floor(dim / 2);
  if (half > 0 && !(downscaleFreqShift < half)) {
    const argument = 'getTimestepEmbedding: downscaleFreqShift';
    throw argumentError(argument, downscaleFreqShift, `a number below ${half}, half of dim`);
  }
  const frequencies = timestepFrequencies(half, maxPeriod, downscaleFreqShift).map((f) => scale * f);
  const layout = { dim, frequencies, flipSinToCos };
  return t instanceof tf.Tensor ? embedTimesteps(t, layout) : embedHost(t, layout);
}

function embedHost(t: ArrayLike<number>, { dim, frequencies, flipSinToCos }: EmbeddingLayout): tf.Tensor2D {
  const half = frequencies.length;
  const [sines, cosines] = flipSinToCos ? [half, 0] : [0, half];
  const values = new Float32Array(t.length * dim);
  for (let row = 0; row < t.length; row++) {
    checkNumber(`getTimestepEmbedding: t[${row}]`, t[row]);
    for (let i = 0; i < half; i++) {
      const angle = t[row] * frequencies[i];
      values[row * dim + sines + i] = Math.sin(angle);
      values[row * dim + cosines + i] = Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [t.length, dim]);
}
