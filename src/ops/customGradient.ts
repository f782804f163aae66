import * as tf from '@tensorflow/tfjs-core';

/**
 * Applies an operation that brings its own gradient.
 *
 * `tf.customGrad` with typed inputs, whose gradient releases its intermediates at once: tfjs would otherwise keep
 * them to the end of the backward pass.
 *
 * @param inputs What is differentiated with respect to.
 * @param forward Computes the value and names the tensors that the gradient needs.
 * @param backward From the gradient of the value and the saved tensors to one gradient an input.
 */
export function customGradient<I extends tf.Tensor[], O extends tf.Tensor, S extends tf.Tensor[]>(
  inputs: [...I],
  forward: (...inputs: I) => { value: O; saved: [...S] },
  backward: (dy: O, ...saved: S) => tf.Tensor[],
): O {
  const operation = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, saved } = forward(...(args as tf.Tensor[] as I));
    save(saved);
    return {
      value,
      gradFunc: (dy: O, saved: tf.Tensor[]) => tf.tidy(() => backward(dy, ...(saved as S))),
    };
  });
  return operation(...inputs);
}
