import * as tf from '@tensorflow/tfjs-core';

/** |a − b| of each element. `tf.abs` has the gradient −1 at 0; this one has 0 there, as torch has. */
export function absoluteDifference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(tf.sub(a, b)), tf.relu(tf.sub(b, a)));
}
