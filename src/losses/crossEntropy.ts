import * as tf from '@tensorflow/tfjs-core';
import { checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { customGradient } from '../ops/customGradient.js';
import { checkLabels, type LabelLossOptions } from './labelWeights.js';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.js';
import { countedOf, type LabelReduction, sumPixels } from './weightedSum.js';

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
    checkLabels(logits, labels, options);
    return customGradient(
      [logits],
      (logits) => {
        const { losses, weights, slopes } = softmaxCrossEntropy(logits, labels, options);
        const sum = sumPixels(losses);
        if (reduction === 'sum') return { value: sum, saved: [slopes, tf.onesLike(sum)] };
        const total = countedOf(weights);
        return { value: tf.div<tf.Scalar>(sum, total), saved: [slopes, total] };
      },
      (dy, slopes, total) => [tf.mul(slopes, tf.div(dy, total))],
    );
  });
}
