import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { ownBuffer } from './ownBuffer.js';

/**
 * Rows of a table, chosen by whole numbers.
 *
 * Equals `torch.nn.functional.embedding`. The gradient is a matrix product, since the wasm backend lacks that of
 * `tf.gather`.
 *
 * @param indices Int32 tensor of any shape. A number that is no row gives NaN: to find it would take reading it.
 * @param table Tensor of shape [rows, channels].
 * @returns Tensor of shape [...indices, channels].
 * @throws If `indices` is not int32.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { embedding } from 'diffusion-ssl/ops';
 *
 * console.log(embedding(tf.tensor1d([0, 2], 'int32'), tf.ones([3, 4])).shape); // [2, 4]
 * ```
 */
export function embedding(indices: tf.Tensor, table: tf.Tensor2D): tf.Tensor {
  if (indices.dtype !== 'int32') throw argumentError('embedding: indices', indices, 'an int32 tensor');
  const [rows, channels] = table.shape;
  const rowsOf = () =>
    customGradient(
      [table],
      (table) => {
        const chosen: tf.Tensor = tf.reshape(indices, [indices.size]);
        const [first, last] = [tf.scalar(0, 'int32'), tf.scalar(rows - 1, 'int32')];
        const known: tf.Tensor1D = tf.minimum(tf.maximum(chosen, first), last);
        const isRow = tf.reshape(tf.equal(chosen, known), [indices.size, 1]);
        return { value: tf.where(isRow, tf.gather(table, known), Number.NaN), saved: [chosen] };
      },
      (dy, chosen) => {
        // The wasm backend writes whole numbers whatever type it is asked for.
        const marks = tf.cast(tf.oneHot(chosen, rows), 'float32') as tf.Tensor2D;
        return [tf.matMul(marks, ownBuffer(dy), true)];
      },
    );
  return tf.tidy(() => tf.reshape(rowsOf(), [...indices.shape, channels]));
}
