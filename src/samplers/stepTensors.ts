import * as tf from '@tensorflow/tfjs-core';
import { conversionFactors, type PredictionType } from '../diffusion/predictionType.js';
import { argumentError } from '../internal/checks.js';
import { checkDynamicThresholding, dynamicThreshold } from './dynamicThreshold.js';
import type { StepOptions } from './types.js';

/** Throws unless the prediction and the noise have `xT`'s shape and the limits of x0 are in order. */
export function checkStep(
  functionName: string,
  xT: tf.Tensor,
  prediction: tf.Tensor,
  { noise, clip, dynamicThresholding }: StepOptions,
): void {
  for (const [name, tensor] of Object.entries({ prediction, noise })) {
    if (tensor !== undefined && !tf.util.arraysEqual(tensor.shape, xT.shape)) {
      throw argumentError(functionName, `${name}.shape`, tensor.shape, `[${xT.shape}] as xT's`);
    }
  }
  checkLimits(functionName, { clip, dynamicThresholding });
}

/** Throws unless the limits of x0 are in order. */
export function checkLimits(
  functionName: string,
  { clip, dynamicThresholding }: Pick<StepOptions, 'clip' | 'dynamicThresholding'>,
): void {
  if (clip !== undefined && !(clip[0] < clip[1])) {
    throw argumentError(functionName, 'clip', clip, 'two ascending numbers');
  }
  if (dynamicThresholding !== undefined) checkDynamicThresholding(functionName, dynamicThresholding);
}

/** An estimate of x0 within the limits that the options set, if any. */
export function limitX0(
  x0: tf.Tensor,
  { clip, dynamicThresholding }: Pick<StepOptions, 'clip' | 'dynamicThresholding'>,
): tf.Tensor {
  if (dynamicThresholding !== undefined) return dynamicThreshold(x0, dynamicThresholding, clip);
  return clip === undefined ? x0 : tf.clipByValue(x0, clip[0], clip[1]);
}

/** `first · a + second · b`, without reading a tensor whose factor is zero. */
export function combine(first: number, a: tf.Tensor, second: number, b: tf.Tensor): tf.Tensor {
  if (first === 0) return tf.mul(b, second);
  if (second === 0) return tf.mul(a, first);
  return tf.add(tf.mul(a, first), tf.mul(b, second));
}

/** x0 (limited as the options say) or noise that a prediction implies at one ᾱ. */
export function estimate(
  functionName: string,
  target: Exclude<PredictionType, 'v'>,
  xT: tf.Tensor,
  alphaBar: number,
  prediction: tf.Tensor,
  options: StepOptions,
): tf.Tensor {
  const { predictionType = 'noise' } = options;
  const [first, second] = conversionFactors(functionName, target, predictionType, alphaBar);
  const value = combine(first, xT, second, prediction);
  return target === 'x0' ? limitX0(value, options) : value;
}
