import * as tf from '@tensorflow/tfjs-core';

/**
 * One value a sample: the mean or sum over all axes but the first, of shape [batch].
 *
 * Axis by axis, so that no float32 sum is long: the wasm backend adds one number after the other.
 */
export function reduceSamples(values: tf.Tensor, reduce: typeof tf.mean = tf.mean): tf.Tensor1D {
  let result = values;
  while (result.rank > 2) result = reduce(result, -1);
  return result.rank === 2 ? reduce(result, 1) : (result as tf.Tensor1D);
}
