import * as tf from '@tensorflow/tfjs-core';

/** A gradient, or what computes it where it is asked for. */
export type Gradient = tf.Tensor | (() => tf.Tensor);

/** What `tf.customGrad` calls with gradients that it has computed one and all, whoever asks for them. */
interface CustomKernels {
  runKernelFunc(kernel: {
    forwardFunc: (backend: unknown, save: tf.GradSaveFunc) => tf.Tensor;
    backwardsFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
    inputs: tf.NamedTensorMap;
  }): tf.Tensor;
}

/**
 * Applies an operation that brings its own gradient.
 *
 * `tf.customGrad` with typed inputs, whose gradient releases its intermediates at once: tfjs would otherwise keep
 * them to the end of the backward pass. Of the gradients given as functions, those alone are computed that lead to what
 * is differentiated with respect to: a frozen filter, or the input of a network, costs none.
 *
 * @param inputs What is differentiated with respect to.
 * @param forward Computes the value and names the tensors that the gradient needs.
 * @param backward From the gradient of the value and the saved tensors to one gradient an input. Functions among them
 * may use these tensors, but none that `backward` has computed.
 */
export function customGradient<I extends tf.Tensor[], O extends tf.Tensor, S extends tf.Tensor[]>(
  inputs: [...I],
  forward: (...inputs: I) => { value: O; saved: [...S] },
  backward: (dy: O, ...saved: S) => Gradient[],
): O {
  const engine = tf.engine() as unknown as CustomKernels;
  return engine.runKernelFunc({
    forwardFunc: (_, save) => {
      const { value, saved } = forward(...(inputs as tf.Tensor[] as I));
      save(saved);
      return value;
    },
    backwardsFunc: (dy, saved) => {
      const gradients = tf.tidy(() => backward(dy as O, ...(saved as S)) as tf.Tensor[]) as Gradient[];
      return Object.fromEntries(
        gradients.map((gradient, i) => [i, typeof gradient === 'function' ? gradient : () => gradient]),
      );
    },
    inputs: Object.fromEntries(inputs.map((input, i) => [i, input])),
  }) as O;
}
