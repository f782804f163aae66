import * as tf from '@tensorflow/tfjs-core';

/** A moving average: `decay` of the old value and the rest of the new one. */
export function blend(old: tf.Tensor1D, value: tf.Tensor1D, decay: number): tf.Tensor1D {
  return tf.add(tf.mul(old, decay), tf.mul(value, 1 - decay));
}
