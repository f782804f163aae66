import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';

/**
 * Doubles height and width by repeating each pixel.
 *
 * Equals `torch.nn.functional.interpolate(x, scale_factor=2, mode='nearest')`; to other sizes: `resample2d`.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of shape [batch, 2·height, 2·width, channels].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { upsampleNearest2d } from 'diffusion-ssl/ops';
 *
 * console.log(upsampleNearest2d(tf.ones([1, 4, 4, 2])).shape); // [1, 8, 8, 2]
 * ```
 */
export function upsampleNearest2d(x: tf.Tensor4D): tf.Tensor4D {
  return customGradient(
    [x],
    (x) => ({ value: repeatPixels(x), saved: [] }),
    (dy) => [tf.mul(tf.avgPool(dy, 2, 2, 'valid'), 4)],
  );
}

/** Each pixel four times, without a gradient. */
export function repeatPixels(x: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]);
}
