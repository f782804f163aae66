import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import { reduceSamples } from './reduceSamples.js';

/** Options of every loss. */
export interface LossOptions {
  /**
   * `'mean'`: mean over all elements, a scalar. `'sum'`: sum over all elements, a scalar. `'none'`: one value a
   * sample, the mean over all axes but the first, of shape [batch]. Default `'mean'`.
   */
  reduction?: 'mean' | 'sum' | 'none';
  /** One factor a sample: a tensor [batch] or as many numbers. The mean stays one over all elements. Default: all 1. */
  weights?: tf.Tensor | readonly number[] | Float32Array;
}

/** {@link LossOptions} of which the loss is a scalar. */
export interface ScalarLossOptions extends LossOptions {
  reduction?: 'mean' | 'sum';
}

function hostWeights(weights: ArrayLike<number>): Float32Array {
  return Float32Array.from(weights, (weight, i) => {
    checkNumber(`weights[${i}]`, weight);
    return weight;
  });
}

/** Reduces `elementwise(prediction, target)` as the options say, in a tidy scope, after checking the arguments. */
export function reduceLoss(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { reduction = 'mean', weights }: LossOptions,
  elementwise: (prediction: tf.Tensor, target: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  checkOneOf('reduction', reduction, ['mean', 'sum', 'none']);
  if (prediction.rank < 1 || prediction.size === 0) {
    throw argumentError('prediction.shape', prediction.shape, '[batch, …] with at least one element');
  }
  if (!tf.util.arraysEqual(prediction.shape, target.shape)) {
    throw argumentError('target.shape', target.shape, `[${prediction.shape}] as prediction's`);
  }
  return tf.tidy(() => {
    const batch = prediction.shape[0];
    const reduce = reduction === 'sum' ? tf.sum : tf.mean;
    let losses: tf.Tensor = reduceSamples(elementwise(prediction, target), reduce);
    if (weights !== undefined) {
      const factors = weights instanceof tf.Tensor ? weights : tf.tensor1d(hostWeights(weights));
      if (factors.rank !== 1 || factors.shape[0] !== batch) {
        throw argumentError('weights.shape', factors.shape, `[${batch}]`);
      }
      losses = tf.mul(losses, factors);
    }
    if (reduction === 'none') return losses;
    return reduce(losses);
  });
}
