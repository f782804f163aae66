import * as tf from '@tensorflow/tfjs-core';
import { checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type LabelLossOptions, labelWeights } from './labelWeights.js';
import { type LabelReduction, weightedSum } from './weightedSum.js';

/** Options of {@link focalLoss}. */
export interface FocalLossOptions extends LabelLossOptions, LabelReduction {
  /** How much less pixels count that are already right, at least 0; 0 is the cross-entropy. Default 2. */
  gamma?: number;
}

/**
 * Focal loss −(1 − p)^γ ln p of a softmax, p being the probability of the label's class: pixels that are easy count
 * little (Lin et al. 2017, "Focal loss for dense object detection", whose α is `classWeights`).
 *
 * Where no pixel counts, the mean is 0. A label that is neither a class nor `ignoreIndex` shows as a loss of NaN.
 *
 * @param logits float32 tensor […, classes].
 * @param labels int32 tensor […] of classes from 0.
 * @returns A scalar; the caller's to dispose. Differentiable.
 * @throws If the shapes do not fit, the labels are not int32 or an option is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { focalLoss } from 'diffusion-ssl/losses';
 *
 * const labels = tf.tensor1d([0], 'int32');
 * console.log(await focalLoss(tf.zeros([1, 2]), labels).data()); // 0.5² ln 2 = 0.173
 * ```
 */
export function focalLoss(logits: tf.Tensor, labels: tf.Tensor, options: FocalLossOptions = {}): tf.Scalar {
  const { gamma = 2, reduction = 'mean' } = options;
  return inFunction('focalLoss', () => {
    checkNumber('gamma', gamma, 0, Number.MAX_VALUE);
    checkOneOf('reduction', reduction, ['mean', 'sum']);
    return tf.tidy(() => {
      const { hot, weights } = labelWeights(logits, labels, options);
      const logProbability = tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1);
      // Kept above 0, where the power has no slope for small γ.
      const missing = tf.maximum(tf.sub(1, tf.exp(logProbability)), 1e-7);
      const losses = tf.mul(tf.mul(tf.pow(missing, gamma), tf.neg(logProbability)), weights);
      return weightedSum(losses, weights, { reduction });
    });
  });
}
