import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';

/** What every loss over labels understands. */
export interface LabelLossOptions {
  /** Label of pixels that do not count, such as 255. Default: all pixels count. */
  ignoreIndex?: number;
  /** One factor a class, at least 0, such as the inverse of its frequency. Default: all 1. */
  classWeights?: readonly number[] | Float32Array;
}

/** Labels as they are computed with. */
export interface LabelWeights {
  /** 1 where the last axis is the label's class, else 0: the shape of the logits; of pixels that do not count all 0. */
  hot: tf.Tensor;
  /** The class's weight for each pixel, 0 where it does not count, NaN where its label is no class. */
  weights: tf.Tensor;
  /** [classes]. */
  classWeights: tf.Tensor1D;
}

/** Checks the arguments of a loss over labels; answers the factors of the classes. */
export function checkLabels(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { ignoreIndex, classWeights }: LabelLossOptions,
): Float32Array {
  if (logits.rank < 2 || logits.size === 0) {
    throw argumentError('logits.shape', logits.shape, '[…, classes] with at least one element');
  }
  const classes = logits.shape[logits.rank - 1];
  const expected = logits.shape.slice(0, -1);
  if (!tf.util.arraysEqual(labels.shape, expected)) {
    throw argumentError('labels.shape', labels.shape, `[${expected}], as logits' without classes`);
  }
  if (labels.dtype !== 'int32') throw argumentError('labels.dtype', labels.dtype, "'int32'");
  if (ignoreIndex !== undefined) checkInteger('ignoreIndex', ignoreIndex, Number.MIN_SAFE_INTEGER);
  const factors = classWeights ?? new Float32Array(classes).fill(1);
  if (factors.length !== classes) throw argumentError('classWeights.length', factors.length, `${classes}`);
  for (const [k, factor] of factors.entries()) {
    checkNumber(`classWeights[${k}]`, factor, 0, Number.MAX_VALUE);
  }
  return Float32Array.from(factors);
}

/** Checks the arguments of a loss over labels and prepares them, in the tidy scope of the caller. */
export function labelWeights(logits: tf.Tensor, labels: tf.Tensor, options: LabelLossOptions): LabelWeights {
  const factors = checkLabels(logits, labels, options);
  const { ignoreIndex, classWeights } = options;
  const classes = factors.length;
  const counts = ignoreIndex === undefined ? tf.onesLike(labels) : tf.notEqual(labels, ignoreIndex);
  const counting = tf.cast(counts, 'float32');
  // Integers first: the wasm backend's `oneHot` of float32 holds their bits. A label that is no class gives zeros.
  const ofLabels = tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), 'float32');
  const mayBeClass = ignoreIndex !== undefined && ignoreIndex >= 0 && ignoreIndex < classes;
  const hot = mayBeClass ? tf.mul(ofLabels, tf.expandDims(counting, -1)) : ofLabels;
  const isBad = tf.notEqual(tf.sum(hot, -1), counting);
  const ofClasses = tf.tensor1d(factors);
  const weighed = classWeights ? tf.sum(tf.mul(hot, ofClasses), -1) : counting;
  const weights = tf.where(isBad, tf.fill(labels.shape, Number.NaN), weighed);
  return { hot, weights, classWeights: ofClasses };
}
