import * as tf from '@tensorflow/tfjs-core';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/**
 * Adds one value a channel.
 *
 * `tf.add` with a gradient for the bias that does not transpose the activation.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param bias Tensor of shape [channels].
 * @returns Tensor of the shape of `x`.
 * @throws If `bias` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { biasAdd } from 'diffusion-ssl/ops';
 *
 * console.log(biasAdd(tf.zeros([1, 2, 2, 3]), tf.tensor1d([1, 2, 3])).shape); // [1, 2, 2, 3]
 * ```
 */
export function biasAdd(x: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  checkShape('biasAdd', 'bias', bias, x.shape.slice(3));
  return customGradient(
    [x, bias],
    (x, bias) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslBiasAdd', { x, bias }) ?? tf.add<tf.Tensor4D>(x, bias),
      saved: [],
    }),
    // A handle of its own: whoever disposes the gradient must not dispose `dy` with it.
    (dy) => [() => tf.clone(dy), () => channelSum(dy)],
  );
}
