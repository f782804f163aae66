import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';

/** What shapes {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyParameters {
  /** One factor a label for the loss where it is set, at least 0, for labels that are rare. Default: all 1. */
  positiveWeights?: readonly number[] | Float32Array;
}

/**
 * Cross-entropy of a sigmoid for each label on its own, by default its mean over all elements: for samples with several
 * labels, or for masks (torch's `binary_cross_entropy_with_logits`).
 *
 * @param prediction logits, a float32 tensor [batch, …].
 * @param target tensor of the same shape, in [0, 1].
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If shapes differ or are empty, the weights are not [batch], the reduction is unknown, or there is not one
 * positive weight for each index of the last axis.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { binaryCrossEntropy } from 'diffusion-ssl/losses';
 *
 * const loss = binaryCrossEntropy(tf.zeros([1, 2]), tf.tensor2d([[1, 0]]));
 * console.log(await loss.data()); // ln 2 = 0.693
 * ```
 */
export function binaryCrossEntropy(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: ScalarLossOptions & BinaryCrossEntropyParameters,
): tf.Scalar;
export function binaryCrossEntropy(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: LossOptions & BinaryCrossEntropyParameters,
): tf.Tensor;
export function binaryCrossEntropy(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { positiveWeights, ...options }: LossOptions & BinaryCrossEntropyParameters = {},
): tf.Tensor {
  return inFunction('binaryCrossEntropy', () => {
    const labels = prediction.shape[prediction.rank - 1];
    if (positiveWeights !== undefined && positiveWeights.length !== labels) {
      throw argumentError('positiveWeights.length', positiveWeights.length, `${labels}, one a label`);
    }
    for (const [k, weight] of (positiveWeights ?? []).entries()) {
      checkNumber(`positiveWeights[${k}]`, weight, 0, Number.MAX_VALUE);
    }
    return reduceLoss(prediction, target, options, (logits, targets) => {
      const whereUnset = tf.mul(tf.sub(1, targets), tf.softplus(logits));
      const whereSet = tf.mul(targets, tf.softplus(tf.neg(logits)));
      if (positiveWeights === undefined) return tf.add(whereSet, whereUnset);
      return tf.add(tf.mul(whereSet, tf.tensor1d(Float32Array.from(positiveWeights))), whereUnset);
    });
  });
}
