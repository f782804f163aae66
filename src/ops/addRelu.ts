import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/**
 * max(0, a + b), as where the two branches of an attention gate meet.
 *
 * @param a Tensor of shape [batch, height, width, channels].
 * @param b Tensor of the shape of `a`.
 * @returns Tensor of the shape of `a`.
 * @throws If `b` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { addRelu } from 'diffusion-ssl/ops';
 *
 * const y = addRelu(tf.tensor4d([1, -3], [1, 1, 1, 2]), tf.tensor4d([1, 1], [1, 1, 1, 2]));
 * console.log(await y.array()); // [[[[2, 0]]]]
 * ```
 */
export function addRelu(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  checkShape('addRelu', 'b', b, a.shape);
  return customGradient(
    [a, b],
    (a, b) => {
      const value =
        runKernel<tf.Tensor4D>('DiffusionSslAddRelu', { a, b }) ?? tf.relu(tf.add<tf.Tensor4D>(a, b));
      return { value, saved: [value] };
    },
    (dy, y) => {
      const dx = runKernel<tf.Tensor4D>('DiffusionSslReluGradient', { dy, y }) ?? tf.mul(dy, tf.step(y));
      return [dx, tf.clone(dx)];
    },
  );
}
