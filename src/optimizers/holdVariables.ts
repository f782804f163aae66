import * as tf from '@tensorflow/tfjs-core';

/**
 * Keeps the present values of variables, without copying them.
 *
 * @returns A function that puts them back, to be called once.
 */
export function holdVariables(variables: readonly tf.Variable[]): () => void {
  const values = variables.map((variable) => tf.keep(tf.clone(variable)));
  return () => {
    variables.forEach((variable, i) => {
      if (!variable.isDisposed) variable.assign(values[i]);
      values[i].dispose();
    });
  };
}
