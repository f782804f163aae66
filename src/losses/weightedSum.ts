import * as tf from '@tensorflow/tfjs-core';
import { reduceSamples } from './reduceSamples.js';

/** How the losses of labels become one number. */
export interface LabelReduction {
  /** `'mean'`: mean by the weights of the classes. `'sum'`: sum over all pixels that count. Default `'mean'`. */
  reduction?: 'mean' | 'sum';
}

/** The sum of the weighted losses, or their mean by these weights: 0 where nothing counts. */
export function weightedSum(losses: tf.Tensor, weights: tf.Tensor, { reduction }: LabelReduction): tf.Scalar {
  const sum = sumElements(losses);
  if (reduction === 'sum') return sum;
  const total = sumElements(weights);
  return tf.div(sum, tf.where(tf.equal(total, 0), tf.onesLike(total), total));
}

/** Axis by axis, so that no float32 sum is long. */
function sumElements(values: tf.Tensor): tf.Scalar {
  return tf.sum(reduceSamples(values, tf.sum));
}
