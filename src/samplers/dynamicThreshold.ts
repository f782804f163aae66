import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';

/** Options of dynamic thresholding (Saharia et al. 2022, Imagen). */
export interface DynamicThresholdingOptions {
  /** Quantile of a sample's |x0| that becomes its limit, in [0, 1]. Default 0.995. */
  ratio?: number;
  /** Largest limit, at least 1. Default: none, as in Imagen; diffusers' default, 1, is plain clipping. */
  sampleMaxValue?: number;
}

/** Throws unless the options are in their ranges. */
export function checkDynamicThresholding(options: DynamicThresholdingOptions): void {
  const { ratio = 0.995, sampleMaxValue = 1 } = options;
  checkNumber('dynamicThresholding.ratio', ratio, 0, 1);
  if (sampleMaxValue !== Number.POSITIVE_INFINITY) {
    checkNumber('dynamicThresholding.sampleMaxValue', sampleMaxValue, 1);
  }
}

/**
 * Limits each sample of a batch to its own quantile of |x0| where that is above 1, and divides by that limit, so that
 * values are in [−1, 1] without many of them at the ends (diffusers' `thresholding`). The range may be another one than
 * [−1, 1]: distances are then from its middle, in units of half its width.
 */
export function dynamicThreshold(
  x0: tf.Tensor,
  options: DynamicThresholdingOptions,
  [min, max]: readonly [min: number, max: number] = [-1, 1],
): tf.Tensor {
  const { ratio = 0.995, sampleMaxValue = Number.POSITIVE_INFINITY } = options;
  return tf.tidy(() => {
    const [middle, half] = [(min + max) / 2, (max - min) / 2];
    const samples = tf.div(tf.sub(tf.reshape(x0, [x0.shape[0], -1]), middle), half);
    const limit = tf.clipByValue(quantile(tf.abs(samples), ratio), 1, sampleMaxValue);
    const limited = tf.maximum(tf.minimum(samples, limit), tf.neg(limit));
    return tf.reshape(tf.add(tf.mul(tf.div(limited, limit), half), middle), x0.shape);
  });
}

/** The quantile of each row of [rows, n], interpolated linearly as torch does: [rows, 1]. */
function quantile(values: tf.Tensor, ratio: number): tf.Tensor {
  const [rows, n] = values.shape;
  const position = ratio * (n - 1);
  const rank = Math.floor(position);
  const largest = tf.topk(values, n - rank).values;
  const lower = tf.slice(largest, [0, n - 1 - rank], [rows, 1]);
  if (position === rank) return lower;
  const upper = tf.slice(largest, [0, n - 2 - rank], [rows, 1]);
  return tf.add(lower, tf.mul(tf.sub(upper, lower), position - rank));
}
