import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type LabelLossOptions, labelWeights } from './labelWeights.js';

/** Options of {@link diceLoss}. */
export interface DiceLossOptions extends LabelLossOptions {
  /** Added to numerator and denominator, at least 0. Default 0. */
  smooth?: number;
}

/** Smallest denominator, as in segmentation_models_pytorch. */
const EPSILON = 1e-7;

/**
 * Dice loss of a softmax: 1 − 2 Σ p y / Σ (p + y) of each class over all pixels of the batch, its mean over the
 * classes, of which those that occur in no label count as 0 (Milletari et al. 2016; `DiceLoss('multiclass')` of
 * segmentation_models_pytorch). It rates classes alike, however rare; best added to a cross-entropy.
 *
 * A label that is neither a class nor `ignoreIndex` shows as a loss of NaN.
 *
 * @param logits float32 tensor […, classes].
 * @param labels int32 tensor […] of classes from 0.
 * @returns A scalar in [0, 1] without class weights; the caller's to dispose. Differentiable.
 * @throws If the shapes do not fit, the labels are not int32 or an option is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { diceLoss } from 'diffusion-ssl/losses';
 *
 * const labels = tf.tensor1d([0, 1], 'int32');
 * console.log(await diceLoss(tf.zeros([2, 2]), labels).data()); // 1 − 2 · 0.5 / 2 = 0.5
 * ```
 */
export function diceLoss(logits: tf.Tensor, labels: tf.Tensor, options: DiceLossOptions = {}): tf.Scalar {
  const { smooth = 0 } = options;
  return inFunction('diceLoss', () => {
    checkNumber('smooth', smooth, 0, Number.MAX_VALUE);
    return tf.tidy(() => {
      const { hot, weights, classWeights } = labelWeights(logits, labels, options);
      const counting = tf.sum(hot, -1, true);
      // 0, and NaN where a label is no class.
      const alarm = tf.mul(tf.sum(weights), 0);
      const probabilities = tf.mul(tf.softmax(logits), counting);
      const ofClass = sumPixels(hot);
      const intersection = sumPixels(tf.mul(probabilities, hot));
      const cardinality = tf.add(sumPixels(probabilities), ofClass);
      const scores = tf.div(
        tf.add(tf.mul(intersection, 2), smooth),
        tf.maximum(tf.add(cardinality, smooth), EPSILON),
      );
      const occurs = tf.cast(tf.greater(ofClass, 0), 'float32');
      const losses = tf.mul(tf.mul(tf.sub(1, scores), occurs), classWeights);
      return tf.mean(tf.add(losses, tf.mul(losses, alarm))) as tf.Scalar;
    });
  });
}

/** Sum over all axes but the last, axis by axis. */
function sumPixels(values: tf.Tensor): tf.Tensor1D {
  let sums = values;
  while (sums.rank > 1) sums = tf.sum(sums, sums.rank - 2);
  return sums as tf.Tensor1D;
}
