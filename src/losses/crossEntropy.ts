import * as tf from '@tensorflow/tfjs-core';
import { checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { customGradient } from '../ops/customGradient.js';
import { type LabelLossOptions, labelWeights } from './labelWeights.js';
import { type LabelReduction, weightedSum } from './weightedSum.js';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends LabelLossOptions, LabelReduction {
  /** Share of the target that is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy of a softmax with labels, −ln p of each label's class (torch's `cross_entropy`).
 *
 * Where no pixel counts, the mean is 0. Labels stay where they are, so a label that is neither a class nor
 * `ignoreIndex` shows as a loss of NaN.
 *
 * @param logits float32 tensor […, classes], such as [batch, height, width, classes].
 * @param labels int32 tensor […] of classes from 0.
 * @returns A scalar; the caller's to dispose. Differentiable.
 * @throws If the shapes do not fit, the labels are not int32 or an option is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { crossEntropy } from 'diffusion-ssl/losses';
 *
 * const logits = tf.tensor2d([[0, 0], [0, 50], [50, 0]]);
 * const labels = tf.tensor1d([0, 1, 255], 'int32');
 * console.log(await crossEntropy(logits, labels, { ignoreIndex: 255 }).data()); // ln 2 / 2 = 0.347
 * ```
 */
export function crossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  options: CrossEntropyOptions = {},
): tf.Scalar {
  const { labelSmoothing = 0, reduction = 'mean' } = options;
  return inFunction('crossEntropy', () => {
    checkNumber('labelSmoothing', labelSmoothing, 0, 1);
    checkOneOf('reduction', reduction, ['mean', 'sum']);
    return tf.tidy(() => {
      const { hot, weights, classWeights } = labelWeights(logits, labels, options);
      let target = tf.mul(hot, tf.expandDims(weights, -1));
      if (labelSmoothing > 0) {
        const counting = tf.sum(hot, -1, true);
        const even = tf.mul(counting, tf.div(classWeights, classWeights.size));
        target = tf.add(tf.mul(target, 1 - labelSmoothing), tf.mul(even, labelSmoothing));
      }
      const losses = softmaxLosses(logits, target);
      return weightedSum(losses, weights, { reduction });
    });
  });
}

/** −Σ target · ln softmax(logits) of each pixel. */
function softmaxLosses(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return customGradient(
    [logits],
    (logits) => {
      const shifted = tf.sub(logits, tf.max(logits, -1, true));
      const powers = tf.exp(shifted);
      const sums = tf.sum(powers, -1, true);
      const all = tf.sum(target, -1, true);
      const value = tf.sub(
        tf.mul(tf.squeeze(all, [-1]), tf.log(tf.squeeze(sums, [-1]))),
        tf.sum(tf.mul(target, shifted), -1),
      );
      return { value, saved: [tf.sub(tf.mul(powers, tf.div(all, sums)), target)] };
    },
    (dy, slopes) => [tf.mul(tf.expandDims(dy, -1), slopes)],
  );
}
