import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';

/** Above this, tanh(softplus(x)) is 1 in float32, and its exponentials begin to overflow. */
const LARGE = 20;

/**
 * x · tanh(ln(1 + eˣ)).
 *
 * Equals `torch.nn.functional.mish`. Misra, "Mish" (2019).
 *
 * @param x Tensor of any shape.
 * @returns Tensor of the shape of `x`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mish } from 'diffusion-ssl/ops';
 *
 * console.log(await mish(tf.tensor1d([0])).data()); // 0
 * ```
 */
export function mish<T extends tf.Tensor>(x: T): T {
  return customGradient(
    [x],
    (x) => ({ value: tf.mul<T>(x, gateOf(x)), saved: [x] }),
    (dy, x) => {
      const gate = gateOf(x);
      const slope = tf.mul(tf.sub(1, tf.square(gate)), tf.sigmoid(x));
      return [tf.mul(dy, tf.add(gate, tf.mul(x, slope)))];
    },
  );
}

/** tanh(ln(1 + eˣ)) = n / (n + 2) with n = eˣ(eˣ + 2). */
function gateOf(x: tf.Tensor): tf.Tensor {
  const power = tf.exp(tf.minimum(x, LARGE));
  const n = tf.mul(power, tf.add(power, 2));
  return tf.div(n, tf.add(n, 2));
}
