import * as tf from '@tensorflow/tfjs-core';
import { conversionFactors, type PredictionType } from '../diffusion/predictionType.js';
import { argumentError } from '../internal/checks.js';
import type { StepOptions } from './types.js';

/** Throws unless the prediction and the noise have `xT`'s shape and the limits ascend. */
export function checkStep(
  functionName: string,
  xT: tf.Tensor,
  prediction: tf.Tensor,
  { noise, clip }: StepOptions,
): void {
  for (const [name, tensor] of Object.entries({ prediction, noise })) {
    if (tensor !== undefined && !tf.util.arraysEqual(tensor.shape, xT.shape)) {
      throw argumentError(functionName, `${name}.shape`, tensor.shape, `[${xT.shape}] as xT's`);
    }
  }
  if (clip !== undefined && !(clip[0] < clip[1])) {
    throw argumentError(functionName, 'clip', clip, 'two ascending numbers');
  }
}

/** `first · a + second · b`, without reading a tensor whose factor is zero. */
export function combine(first: number, a: tf.Tensor, second: number, b: tf.Tensor): tf.Tensor {
  if (first === 0) return tf.mul(b, second);
  if (second === 0) return tf.mul(a, first);
  return tf.add(tf.mul(a, first), tf.mul(b, second));
}

/** x0 (clipped) or noise that a prediction implies at one ᾱ. */
export function estimate(
  functionName: string,
  target: Exclude<PredictionType, 'v'>,
  xT: tf.Tensor,
  alphaBar: number,
  prediction: tf.Tensor,
  { predictionType = 'noise', clip }: StepOptions,
): tf.Tensor {
  const [first, second] = conversionFactors(functionName, target, predictionType, alphaBar);
  const value = combine(first, xT, second, prediction);
  return target === 'x0' && clip !== undefined ? tf.clipByValue(value, clip[0], clip[1]) : value;
}
