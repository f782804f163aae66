import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { checkDynamicThresholding, dynamicThreshold } from './dynamicThreshold.js';
import type { EstimateOptions } from './types.js';

/** Throws unless the limits of x0 are in order. */
export function checkLimits({ clip, dynamicThresholding }: EstimateOptions): void {
  if (clip !== undefined && !(clip[0] < clip[1])) {
    throw argumentError('clip', clip, 'two ascending numbers');
  }
  if (dynamicThresholding !== undefined) checkDynamicThresholding(dynamicThresholding);
}

/** An estimate of x0 within the limits that the options set, if any. */
export function limitX0(x0: tf.Tensor, { clip, dynamicThresholding }: EstimateOptions): tf.Tensor {
  if (dynamicThresholding !== undefined) return dynamicThreshold(x0, dynamicThresholding, clip);
  return clip === undefined ? x0 : tf.clipByValue(x0, clip[0], clip[1]);
}

/** `x · factor`, or `x` itself where the factor is 1. */
export function scale(x: tf.Tensor, factor: number): tf.Tensor {
  return factor === 1 ? x : tf.mul(x, factor);
}

/** `first · a + second · b`, a new tensor, without reading one whose factor is zero. */
export function combine(first: number, a: tf.Tensor, second: number, b: tf.Tensor): tf.Tensor {
  if (first === 0) return tf.mul(b, second);
  if (second === 0) return tf.mul(a, first);
  return tf.add(scale(a, first), scale(b, second));
}
