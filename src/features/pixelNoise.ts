import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger } from '../internal/checks.js';
import { keyWords, normalPair, philox4x32 } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';

/** Options of {@link pixelNoise}. */
export interface PixelNoiseOptions {
  /** Integer in [0, 2^53). Default 0. */
  seed?: number;
  /** Where the top left pixel lies in the scene, row and column from 0. Default [0, 0]. */
  origin?: readonly [row: number, column: number];
}

/**
 * Standard normal noise that belongs to places: the noise of a pixel depends on its row and column in the scene, the
 * seed and the channel alone. Windows that overlap agree where they do, and all chips that begin at the same place have
 * the same noise.
 *
 * Philox4x32-10 with the counter (column, row, four channels), then Box-Muller in float64. Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3" (2011).
 *
 * @param shape [height, width, channels].
 * @throws {ConfigError} If a number is out of range.
 * @example
 * ```ts
 * import { pixelNoise } from 'diffusion-ssl/features';
 *
 * const noise = pixelNoise([8, 8, 4], { seed: 1 });
 * const corner = pixelNoise([2, 2, 4], { seed: 1, origin: [6, 6] }); // the last two rows and columns of `noise`
 * console.log(noise.shape, corner.shape); // [8, 8, 4] [2, 2, 4]
 * ```
 */
export function pixelNoise(
  shape: readonly [height: number, width: number, channels: number],
  { seed = 0, origin = [0, 0] }: PixelNoiseOptions = {},
): tf.Tensor3D {
  for (const side of shape) checkInteger('pixelNoise: shape', side, 1, 2 ** 31);
  if (origin.length !== 2 || !origin.every((at) => Number.isInteger(at) && at >= 0 && at < 2 ** 31)) {
    throw argumentError('pixelNoise: origin', origin, '[row, column], integers from 0');
  }
  const [height, width, channels] = shape;
  const key = keyWords({ seed, stream: randomStreams.pixel, step: 0 });
  const words = new Uint32Array(4);
  const values = new Float32Array(height * width * channels);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let first = 0; first < channels; first += 4) {
        const counter = [origin[1] + column, origin[0] + row, first, randomStreams.pixel] as const;
        philox4x32(counter, key, words);
        const count = Math.min(4, channels - first);
        for (let i = 0; i < count; i += 2) {
          const [cosine, sine] = normalPair(words[i], words[i + 1]);
          values[at++] = cosine;
          if (i + 1 < count) values[at++] = sine;
        }
      }
    }
  }
  return tf.tensor3d(values, [height, width, channels]);
}
