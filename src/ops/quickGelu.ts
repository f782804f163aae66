import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { siluSlope } from './siluSlope.js';

const SCALE = 1.702;

/**
 * x · sigmoid(1.702 x), the approximation of GELU that the text encoder of CLIP has.
 *
 * @param x Tensor of any shape.
 * @returns Tensor of the shape of `x`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { quickGelu } from 'diffusion-ssl/ops';
 *
 * console.log(await quickGelu(tf.tensor1d([0])).data()); // 0
 * ```
 */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  return customGradient(
    [x],
    (x) => ({ value: tf.mul<T>(x, tf.sigmoid(tf.mul(x, SCALE))), saved: [x] }),
    (dy, x) => [tf.mul(dy, siluSlope(tf.mul(x, SCALE)))],
  );
}
