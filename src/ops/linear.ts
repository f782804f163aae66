import * as tf from '@tensorflow/tfjs-core';
import { asImages } from './asImages.js';
import { checkShape } from './checkShape.js';
import { conv2d } from './conv2d.js';

/** Options of {@link linear}. */
export interface LinearOptions {
  /** Added to the result, of its shape, such as what goes around a block. Default none. */
  addend?: tf.Tensor;
}

/**
 * x · weight + bias over the last axis.
 *
 * Equals `torch.nn.functional.linear` up to the layout of the weight. A convolution 1×1, so that it trains on every
 * backend as fast as that does.
 *
 * @param x Tensor of shape [..., inFeatures].
 * @param weight Tensor of shape [inFeatures, outFeatures].
 * @param bias Tensor of shape [outFeatures]. Default none.
 * @returns Tensor of shape [..., outFeatures].
 * @throws If `weight` does not fit `x`, or `bias` or `addend` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { linear } from 'diffusion-ssl/ops';
 *
 * console.log(linear(tf.ones([2, 5, 3]), tf.ones([3, 4]), tf.zeros([4])).shape); // [2, 5, 4]
 * ```
 */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias?: tf.Tensor1D,
  { addend }: LinearOptions = {},
): T {
  const inFeatures = x.shape[x.rank - 1];
  const outFeatures = weight.shape[1];
  checkShape('linear', 'weight', weight, [inFeatures, outFeatures]);
  const shape = [...x.shape.slice(0, -1), outFeatures];
  if (addend) checkShape('linear', 'addend', addend, shape);
  return tf.tidy(() => {
    const filter: tf.Tensor4D = tf.reshape(weight, [1, 1, inFeatures, outFeatures]);
    const y = conv2d(asImages(x), filter, bias, { addend: addend && asImages(addend) });
    return tf.reshape(y, shape) as T;
  });
}
