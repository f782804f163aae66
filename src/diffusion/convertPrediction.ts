import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { conversionFactors, type PredictionOptions, type PredictionType } from './predictionType.js';
import { combineAt, type Timesteps } from './timesteps.js';

/** The body of `predictX0`, `predictNoise` and `predictV`: all three are affine in x_t and the prediction. */
export function convertPrediction<T extends tf.Tensor>(
  functionName: string,
  target: PredictionType,
  xT: T,
  t: Timesteps,
  alphaBars: ArrayLike<number>,
  prediction: tf.Tensor,
  { predictionType = 'noise' }: PredictionOptions,
): T {
  const factor = (which: 0 | 1) => (alphaBar: number) =>
    conversionFactors(target, predictionType, alphaBar)[which];
  return inFunction(functionName, () =>
    combineAt(functionName, alphaBars, t, {
      xT: [xT, factor(0)],
      prediction: [prediction, factor(1)],
    }),
  ) as T;
}
