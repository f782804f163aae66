import * as tf from '@tensorflow/tfjs-core';

/** A normal distribution of each element: its mean, and ln of its variance. */
export interface Normal {
  mean: tf.Tensor;
  logVariance: tf.Tensor;
}

/** KL(a ‖ b) of each element, in nats. The shapes broadcast. */
export function normalKl(a: Normal, b: Normal): tf.Tensor {
  const logRatio = tf.sub(b.logVariance, a.logVariance);
  const distance = tf.square(tf.sub(a.mean, b.mean));
  const scaled = tf.add(tf.exp(tf.neg(logRatio)), tf.mul(distance, tf.exp(tf.neg(b.logVariance))));
  return tf.mul(tf.add(tf.sub(logRatio, 1), scaled), 0.5);
}
