import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { pixelSum } from './pixelSum.js';
import { runKernel } from './runKernel.js';

/**
 * Adds one value a channel to all pixels of each image.
 *
 * `tf.add` with a gradient that does not transpose the activation, as the timestep's embedding needs it.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param shift Tensor of shape [batch, channels].
 * @returns Tensor of the shape of `x`.
 * @throws If `shift` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { addToPixels } from 'diffusion-ssl/ops';
 *
 * console.log(addToPixels(tf.zeros([2, 4, 4, 3]), tf.ones([2, 3])).shape); // [2, 4, 4, 3]
 * ```
 */
export function addToPixels(x: tf.Tensor4D, shift: tf.Tensor2D): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  checkShape('addToPixels', 'shift', shift, [batch, channels]);
  return customGradient(
    [x, shift],
    (x, shift) => ({
      value:
        runKernel<tf.Tensor4D>('DiffusionSslAddToPixels', { x, shift }) ??
        tf.add<tf.Tensor4D>(x, tf.reshape(shift, [batch, 1, 1, channels])),
      saved: [],
    }),
    // A handle of its own: whoever disposes the gradient must not dispose `dy` with it.
    (dy) => [() => tf.clone(dy), () => pixelSum(dy)],
  );
}
