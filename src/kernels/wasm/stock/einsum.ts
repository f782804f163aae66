import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../../errors/BackendError.js';
import { einsumLabels } from '../../../ops/gradients/einsumGradient.js';
import { ownBuffer } from '../../../ops/ownBuffer.js';
import type { StockKernel } from './StockKernel.js';

/** One or two tensors and an equation → sums of their products, as one matrix product. */
export const einsum: StockKernel = {
  name: 'Einsum',
  compute(_, inputs, { equation }) {
    const { operands, output } = einsumLabels(equation as string);
    const tensors = Object.values(inputs) as tf.Tensor[];
    if (tensors.length > 2) {
      throw new BackendError(
        `Einsum: '${equation}' has ${tensors.length} tensors; the wasm backend multiplies two.`,
      );
    }
    return tf.tidy(() => {
      const lengths = new Map(
        operands.flatMap((word, i) => [...word].map((label, axis) => [label, tensors[i].shape[axis]])),
      );
      const [a, b] = operands.map((word, i) =>
        sumAlone(tensors[i], word, [output, ...operands.filter((_, j) => j !== i)]),
      );
      if (!b) return arrange(a.x, a.labels, output);
      const within = (word: string, others: readonly string[]) =>
        [...word].filter((label) => others.every((other) => other.includes(label))).join('');
      const batch = within(a.labels, [b.labels, output]);
      const summed = [...within(a.labels, [b.labels])].filter((label) => !output.includes(label)).join('');
      const own = (word: string, other: string) =>
        [...word].filter((label) => !other.includes(label)).join('');
      const [rows, columns] = [own(a.labels, b.labels), own(b.labels, a.labels)];
      const size = (word: string) => [...word].reduce((product, label) => product * lengths.get(label)!, 1);
      const matrices = (x: tf.Tensor, labels: string, parts: readonly string[]): tf.Tensor3D =>
        tf.reshape(arrange(x, labels, parts.join('')), parts.map(size) as [number, number, number]);
      const left = matrices(a.x, a.labels, [batch, rows, summed]);
      const right = ownBuffer(matrices(b.x, b.labels, [batch, summed, columns]));
      const all = batch + rows + columns;
      const product = tf.reshape(
        tf.matMul(left, right),
        [...all].map((label) => lengths.get(label)!),
      );
      return arrange(product, all, output);
    });
  },
};

/** Sums over the axes whose label nobody else has. */
function sumAlone(x: tf.Tensor, labels: string, others: readonly string[]): { x: tf.Tensor; labels: string } {
  const kept = [...labels].filter((label) => others.some((word) => word.includes(label)));
  if (kept.length === labels.length) return { x, labels };
  const axes = [...labels].flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
  return { x: tf.sum(x, axes), labels: kept.join('') };
}

/** The axes in another order. */
function arrange(x: tf.Tensor, labels: string, order: string): tf.Tensor {
  return labels === order
    ? tf.clone(x)
    : tf.transpose(
        x,
        [...order].map((label) => labels.indexOf(label)),
      );
}
