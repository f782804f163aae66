import * as tf from '@tensorflow/tfjs-core';
import { asImages } from './asImages.js';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions {
  /** Added to the mean square. Default 1e-6. */
  epsilon?: number;
}

/**
 * Divides by the root of the mean square over the last axis, and scales.
 *
 * Equals `torch.nn.functional.rms_norm(x, [channels], weight)`. Zhang and Sennrich, "Root Mean Square Layer
 * Normalization" (2019).
 *
 * @param x Tensor of shape [..., channels].
 * @param weight Scale, of shape [channels].
 * @returns Tensor of the shape of `x`.
 * @throws If `weight` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { rmsNorm } from 'diffusion-ssl/ops';
 *
 * console.log(rmsNorm(tf.randomNormal([2, 5, 8]), tf.ones([8])).shape); // [2, 5, 8]
 * ```
 */
export function rmsNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor1D,
  { epsilon = 1e-6 }: RmsNormOptions = {},
): T {
  checkShape('rmsNorm', 'weight', weight, x.shape.slice(-1));
  return customGradient(
    [x, weight],
    (x, weight) => {
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
      return { value: tf.mul<T>(tf.mul(x, factor), weight), saved: [x, factor, weight] };
    },
    (dy, x, factor, weight) => {
      const normal = tf.mul(x, factor);
      const scaled = tf.mul(dy, weight);
      const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), -1, true));
      return [tf.mul(factor, tf.sub(scaled, along)), channelSum(asImages(tf.mul(dy, normal)))];
    },
  );
}
