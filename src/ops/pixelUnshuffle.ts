import type * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { shuffleCells, unshuffleCells } from './pixelCells.js';

/**
 * Moves 2×2 cells of space into groups of four channels: the inverse of `pixelShuffle`.
 *
 * Equals `torch.nn.PixelUnshuffle(2)`: channel `c` at offset (dy, dx) of a cell becomes channel `4c + 2·dy + dx`.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of shape [batch, height / 2, width / 2, 4·channels].
 * @throws If height or width is odd.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { pixelUnshuffle } from 'diffusion-ssl/ops';
 *
 * console.log(pixelUnshuffle(tf.zeros([1, 8, 8, 2])).shape); // [1, 4, 4, 8]
 * ```
 */
export function pixelUnshuffle(x: tf.Tensor4D): tf.Tensor4D {
  if (x.shape[1] % 2 !== 0 || x.shape[2] % 2 !== 0) {
    throw argumentError('pixelUnshuffle: the input shape', x.shape, 'an even height and width');
  }
  return customGradient(
    [x],
    (x) => ({ value: unshuffleCells(x), saved: [] }),
    (dy) => [shuffleCells(dy)],
  );
}
