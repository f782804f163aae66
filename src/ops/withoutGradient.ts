import * as tf from '@tensorflow/tfjs-core';

/**
 * Computes something as a constant to whoever differentiates: torch's `detach` and `no_grad` in one.
 *
 * What is computed within is not recorded for a backward pass, so that it holds no memory for one either.
 *
 * @param compute Returns the tensor; what else it allocates is disposed.
 * @returns The tensor's value, the caller's to dispose.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { withoutGradient } from 'diffusion-ssl/ops';
 *
 * const gradient = tf.grad((x: tf.Tensor) => tf.mul(x, withoutGradient(() => tf.square(x))))(tf.scalar(3));
 * console.log(await gradient.data()); // 9
 * ```
 */
export function withoutGradient<T extends tf.Tensor>(compute: () => T): T {
  return tf.tidy(() => {
    // Within the forward function of a `customGrad` nothing is recorded. It asks for an input: one on which nothing
    // depends.
    const operation = tf.customGrad(() => ({
      value: tf.clone(compute()),
      gradFunc: () => [tf.scalar(0)],
    }));
    return operation(tf.scalar(0)) as T;
  });
}
