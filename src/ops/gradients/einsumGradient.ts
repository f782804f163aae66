import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../../errors/ConfigError.js';

/** Sums of products again: of the gradient with the other operand, and what was summed alone is repeated. */
export const einsumGradient: tf.GradFunc = (dy, saved, attributes) => {
  const tensors = saved as tf.Tensor[];
  const { operands, output } = einsumLabels(attributes.equation as string);
  return Object.fromEntries(
    tensors.map((x, i) => {
      const others = tensors.filter((_, j) => j !== i);
      const words = [output, ...operands.filter((_, j) => j !== i)];
      const gradient = () => {
        const found = [...operands[i]].filter((label) => words.some((word) => word.includes(label)));
        const sum = tf.einsum(`${words.join()}->${found.join('')}`, dy as tf.Tensor, ...others);
        const shape = [...operands[i]].map((label, axis) => (found.includes(label) ? x.shape[axis] : 1));
        return tf.broadcastTo(tf.reshape(sum, shape), x.shape);
      };
      return [i, gradient];
    }),
  );
};

/**
 * The letters of an equation's operands and of its output.
 *
 * @throws If an operand has a letter twice.
 */
export function einsumLabels(equation: string): { operands: string[]; output: string } {
  const [inputs, output] = equation.replace(/\s/g, '').split('->');
  const operands = inputs.split(',');
  for (const word of [...operands, output]) {
    if (new Set(word).size < word.length)
      throw new ConfigError(
        `tf.einsum: '${word}' of '${equation}' has a letter twice, which is computed neither on wasm nor backwards.`,
      );
  }
  return { operands, output };
}
