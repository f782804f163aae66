import * as tf from '@tensorflow/tfjs-core';
import { reduceSamples } from './reduceSamples.js';

/** How the losses of labels become one number. */
export interface LabelReduction {
  /** `'mean'`: mean by the weights of the classes. `'sum'`: sum over all pixels that count. Default `'mean'`. */
  reduction?: 'mean' | 'sum';
}

/** The sum of the weighted losses, or their mean by these weights: 0 where nothing counts. */
export function weightedSum(losses: tf.Tensor, weights: tf.Tensor, { reduction }: LabelReduction): tf.Scalar {
  const sum = sumPixels(losses);
  return reduction === 'sum' ? sum : tf.div(sum, countedOf(weights));
}

/** The sum of the weights, 1 where nothing counts. */
export function countedOf(weights: tf.Tensor): tf.Scalar {
  const total = sumPixels(weights);
  return tf.where(tf.equal(total, 0), tf.onesLike(total), total);
}

/** Axis by axis, so that no float32 sum is long. */
export function sumPixels(values: tf.Tensor): tf.Scalar {
  return tf.sum(reduceSamples(values, tf.sum));
}
