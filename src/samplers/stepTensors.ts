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
  if (clip !== undefined && !(clip[0] < clip[1])) {
    throw argumentError(functionName, 'clip', clip, 'two ascending numbers');
  }
  if (dynamicThresholding !== undefined) checkDynamicThresholding(functionName, dynamicThresholding);
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
  { predictionType = 'noise', clip, dynamicThresholding }: StepOptions,
): tf.Tensor {
  const [first, second] = conversionFactors(functionName, target, predictionType, alphaBar);
  const value = combine(first, xT, second, prediction);
  if (target !== 'x0') return value;
  if (dynamicThresholding !== undefined) return dynamicThreshold(value, dynamicThresholding, clip);
  return clip === undefined ? value : tf.clipByValue(value, clip[0], clip[1]);
}
