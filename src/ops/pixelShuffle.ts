import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

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
    throw argumentError('pixelShuffle', 'the input shape', x.shape, '[batch, height, width, 4·channels]');
  }
  return customGradient(
    [x],
    (x) => ({ value: runKernel<tf.Tensor4D>('DiffusionSslPixelShuffle', { x }) ?? shuffle(x), saved: [] }),
    (dy) => [runKernel<tf.Tensor4D>('DiffusionSslPixelUnshuffle', { y: dy }) ?? unshuffle(dy)],
  );
}

function shuffle(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const cells = tf.reshape(x, [batch, height, width, channels / 4, 2, 2]);
  const moved = tf.transpose(cells, [0, 1, 4, 2, 5, 3]);
  return tf.reshape(moved, [batch, 2 * height, 2 * width, channels / 4]);
}

function unshuffle(y: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = y.shape;
  const cells = tf.reshape(y, [batch, height / 2, 2, width / 2, 2, channels]);
  const moved = tf.transpose(cells, [0, 1, 3, 5, 2, 4]);
  return tf.reshape(moved, [batch, height / 2, width / 2, 4 * channels]);
}
