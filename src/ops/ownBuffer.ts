import * as tf from '@tensorflow/tfjs-core';

/**
 * The values of a tensor in a buffer that no other tensor shares.
 *
 * For the second operand of a matrix product: the wasm backend keeps a prepared product for each such buffer, found by
 * the buffer alone, and would use it again, past the end of the output, where the same buffer comes back as a matrix of
 * another shape.
 */
export function ownBuffer<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, 1);
}
