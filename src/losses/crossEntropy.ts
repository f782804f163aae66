import * as tf from '@tensorflow/tfjs-core';
import { checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { customGradient } from '../ops/customGradient.js';
import { runKernel } from '../ops/runKernel.js';
import { checkLabels, type LabelLossOptions } from './labelWeights.js';
import { reduceSamples } from './reduceSamples.js';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.js';
import type { LabelReduction } from './weightedSum.js';

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
        const total = sumPixels(weights);
        const counted = tf.where(tf.equal(total, 0), tf.onesLike(total), total);
        return { value: tf.div<tf.Scalar>(sum, counted), saved: [slopes, counted] };
      },
      (dy, slopes, counted) => [tf.mul(slopes, tf.div(dy, counted))],
    );
  });
}

/** Where no kernel does it in chunks, axis by axis, so that no float32 sum is long; not recorded. */
function sumPixels(values: tf.Tensor): tf.Scalar {
  const x = tf.reshape(values, [1, 1, values.size, 1]);
  const sum = runKernel<tf.Tensor1D>('DiffusionSslChannelSum', { x });
  return sum ? tf.reshape<tf.Rank.R0>(sum, []) : tf.sum<tf.Scalar>(reduceSamples(values, tf.sum));
}
