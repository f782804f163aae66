import * as tf from '@tensorflow/tfjs-core';
import type { Normal } from './normalKl.js';

/** How the data are encoded in the last step: as densities, or as levels of evenly spaced values. */
export interface DataLevels {
  /** How many levels, such as 256. */
  count: number;
  /** The first and the last value, such as [−1, 1]. */
  range: readonly [first: number, last: number];
}

/** The smallest probability that is told from 0, as in guided-diffusion. */
const SMALLEST = 1e-12;

/**
 * −ln of the density at each element of `x`, in nats; with `levels`, −ln of the probability of the level at each
 * element: the part of the distribution that is closer to it than to others, where the first and the last level take
 * what lies beyond.
 */
export function normalNll(x: tf.Tensor, { mean, logVariance }: Normal, levels?: DataLevels): tf.Tensor {
  const distance = tf.sub(x, mean);
  if (levels === undefined) {
    const scaled = tf.mul(tf.square(distance), tf.exp(tf.neg(logVariance)));
    return tf.mul(tf.add(tf.add(scaled, logVariance), Math.log(2 * Math.PI)), 0.5);
  }
  const [first, last] = levels.range;
  const half = (last - first) / (levels.count - 1) / 2;
  const inverse = tf.exp(tf.mul(logVariance, -0.5));
  const below = normalCdf(tf.mul(tf.add(distance, half), inverse));
  const under = normalCdf(tf.mul(tf.sub(distance, half), inverse));
  const inside = tf.where(tf.greater(x, last - half / 2), tf.sub(1, under), tf.sub(below, under));
  const probability = tf.where(tf.less(x, first + half / 2), below, inside);
  return tf.neg(tf.log(tf.maximum(probability, SMALLEST)));
}

/**
 * The standard normal distribution function in the approximation by tanh that guided-diffusion's numbers are made with.
 */
function normalCdf(x: tf.Tensor): tf.Tensor {
  const argument = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.add(tf.tanh(argument), 1), 0.5);
}
