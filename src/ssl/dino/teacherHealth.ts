import * as tf from '@tensorflow/tfjs-core';
import { totalOf } from './totalOf.js';

/** How a teacher's outputs are spread, as tensors. */
export type TeacherHealth = {
  /** Mean entropy of an output, in nats: ln(out) where it says nothing, 0 where it is sure. */
  entropy: tf.Scalar;
  /** Mean share of an output that differs from the mean of all: 0 where all are the same. */
  spread: tf.Scalar;
};

/** @param probabilities [rows, out], rows whose sum is 1. */
export function teacherHealth(probabilities: tf.Tensor2D): TeacherHealth {
  return tf.tidy(() => {
    const rows = probabilities.shape[0];
    const logarithm = tf.log(tf.maximum(probabilities, 1e-30));
    const entropy = tf.mul<tf.Scalar>(totalOf(tf.mul(probabilities, logarithm)), -1 / rows);
    const apart = tf.abs(tf.sub(probabilities, tf.mean(probabilities, 0, true)));
    return { entropy, spread: tf.mul<tf.Scalar>(totalOf(apart), 0.5 / rows) };
  });
}
