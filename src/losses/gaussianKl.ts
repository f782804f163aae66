import * as tf from '@tensorflow/tfjs-core';
import { reduceSamples } from './reduceSamples.js';

/** Keeps constant tensors finite. */
const EPSILON = 1e-8;

/**
 * Kullback-Leibler divergence KL(N(μa, σa²) ‖ N(μb, σb²)) of the mean and variance (n − 1) over all elements of each
 * tensor, a scalar. The tensors hold at least two elements.
 */
export function gaussianKl(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const [first, second] = [moments(a), moments(b)];
  const logRatio = tf.log(tf.div(second.variance, first.variance));
  const distance = tf.squaredDifference(first.mean, second.mean);
  const spread = tf.div(tf.add(first.variance, distance), second.variance);
  return tf.div(tf.sub(tf.add(logRatio, spread), 1), 2);
}

// Not `squaredDifference`: its gradient does not broadcast.
function moments(x: tf.Tensor): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.mean(reduceSamples(x));
  const squares = tf.mean(reduceSamples(tf.square(tf.sub(x, mean))));
  return { mean, variance: tf.add(tf.mul(squares, x.size / (x.size - 1)), EPSILON) };
}
