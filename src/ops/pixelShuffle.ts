import type * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { shuffleCells, unshuffleCells } from './pixelCells.js';

/**
 * Moves groups of four channels into 2×2 cells of space.
 *
 * Equals `torch.nn.PixelShuffle(2)`: channel `4c + 2·dy + dx` of the input is channel `c` at offset (dy, dx), which is
 * another order than `tf.depthToSpace` has; and it is differentiable, which `tf.depthToSpace` is not.
 *
 * @param x Tensor of shape [batch, height, width, 4·channels].
 * @returns Tensor of shape [batch, 2·height, 2·width, channels].
 * @throws If the number of channels is not a multiple of 4.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { pixelShuffle } from 'diffusion-ssl/ops';
 *
 * console.log(pixelShuffle(tf.zeros([1, 4, 4, 8])).shape); // [1, 8, 8, 2]
 * ```
 */
export function pixelShuffle(x: tf.Tensor4D): tf.Tensor4D {
  if (x.shape[3] % 4 !== 0) {
    throw argumentError('pixelShuffle: the input shape', x.shape, '[batch, height, width, 4·channels]');
  }
  return customGradient(
    [x],
    (x) => ({ value: shuffleCells(x), saved: [] }),
    (dy) => [unshuffleCells(dy)],
  );
}
