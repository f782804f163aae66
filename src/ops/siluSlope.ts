import * as tf from '@tensorflow/tfjs-core';

/** The derivative of x · sigmoid(x). */
export function siluSlope(x: tf.Tensor): tf.Tensor {
  const gate = tf.sigmoid(x);
  return tf.mul(gate, tf.add(tf.mul(x, tf.sub(1, gate)), 1));
}
