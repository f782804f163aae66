import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from '../ops/runKernel.js';
import { type LabelLossOptions, labelWeights } from './labelWeights.js';

/** What {@link softmaxCrossEntropy} gives. */
export interface CrossEntropies {
  /** Of each pixel, times the weight of its class. */
  losses: tf.Tensor;
  /** The weight of each pixel's class, 0 where it does not count, NaN where its label is no class. */
  weights: tf.Tensor;
  /** The gradients of the losses by the logits. */
  slopes: tf.Tensor;
}

/**
 * −Σ target · ln softmax(logits) of each pixel and its gradient, neither recorded. The arguments are those of
 * `crossEntropy`, checked before.
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  options: LabelLossOptions & { labelSmoothing?: number },
): CrossEntropies {
  return tf.tidy(() => {
    const { ignoreIndex, classWeights, labelSmoothing = 0 } = options;
    const classes = logits.shape[logits.rank - 1];
    const factors = tf.tensor1d(Float32Array.from(classWeights ?? new Float32Array(classes).fill(1)));
    // A label is of 32 bits.
    const ignoring = ignoreIndex !== undefined && ignoreIndex === (ignoreIndex | 0);
    const [losses, weights, slopes] =
      runKernel<tf.Tensor[]>(
        'DiffusionSslCrossEntropy',
        { logits, labels, factors },
        { ignoring: Number(ignoring), ignored: ignoring ? ignoreIndex : 0, smoothing: labelSmoothing },
      ) ?? composed(logits, labels, options);
    return { losses, weights, slopes };
  });
}

function composed(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { labelSmoothing = 0, ...options }: LabelLossOptions & { labelSmoothing?: number },
): tf.Tensor[] {
  const { hot, weights, classWeights } = labelWeights(logits, labels, options);
  let target = tf.mul(hot, tf.expandDims(weights, -1));
  if (labelSmoothing > 0) {
    const counting = tf.sum(hot, -1, true);
    const even = tf.mul(counting, tf.div(classWeights, classWeights.size));
    target = tf.add(tf.mul(target, 1 - labelSmoothing), tf.mul(even, labelSmoothing));
  }
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  const powers = tf.exp(shifted);
  const sums = tf.sum(powers, -1, true);
  const all = tf.sum(target, -1, true);
  const losses = tf.sub(
    tf.mul(tf.squeeze(all, [-1]), tf.log(tf.squeeze(sums, [-1]))),
    tf.sum(tf.mul(target, shifted), -1),
  );
  return [losses, weights, tf.sub(tf.mul(powers, tf.div(all, sums)), target)];
}
