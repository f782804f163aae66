import type * as tf from '@tensorflow/tfjs-core';
import { conversionFactors, type PredictionOptions, type PredictionType } from './predictionType.js';
import { combineAt, type Timesteps } from './timesteps.js';

/** The body of `predictX0`, `predictNoise` and `predictV`: all three are affine in x_t and the prediction. */
export function convertPrediction<T extends tf.Tensor>(
  target: PredictionType,
  xT: T,
  t: Timesteps,
  { prediction, alphaBars, predictionType = 'noise' }: PredictionOptions & { prediction: tf.Tensor },
): T {
  const factor = (which: 0 | 1) => (alphaBar: number) =>
    conversionFactors(target, predictionType, alphaBar)[which];
  return combineAt(alphaBars, t, { xT: [xT, factor(0)], prediction: [prediction, factor(1)] }) as T;
}
