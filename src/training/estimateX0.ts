import * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from '../diffusion/predictionType.js';
import { sigmaTable } from '../diffusion/sigmaTable.js';

/** How an estimate of the clean image is made of a prediction. */
export interface EstimateX0Options {
  /** ᾱ of each timestep, as `computeAlphaSchedule` gives it. */
  alphaBars: ArrayLike<number>;
  /** What the denoiser predicts. Default `'noise'`. */
  predictionType?: PredictionType;
  /** Limits of the estimate. Default: not clipped. */
  clip?: readonly [min: number, max: number];
}

/** The clean image that a prediction implies, at timesteps on the device that may lie between two of the schedule. */
export function estimateX0(
  xT: tf.Tensor,
  t: tf.Tensor1D,
  prediction: tf.Tensor,
  { alphaBars, predictionType = 'noise', clip }: EstimateX0Options,
): tf.Tensor {
  return tf.tidy(() => {
    let x0 = predictionType === 'x0' ? tf.clone(prediction) : fromSigma(xT, sigmaOf(t, alphaBars, xT.rank));
    if (clip) x0 = tf.clipByValue(x0, clip[0], clip[1]);
    return x0;
  });

  function fromSigma(xT: tf.Tensor, sigma: tf.Tensor): tf.Tensor {
    const root = tf.sqrt(tf.add(tf.square(sigma), 1));
    if (predictionType === 'noise') return tf.sub(tf.mul(xT, root), tf.mul(prediction, sigma));
    return tf.div(tf.sub(xT, tf.mul(prediction, sigma)), root);
  }
}

/** σ = √((1 − ᾱ) / ᾱ) at each sample's timestep, [batch, 1, …]; linear between two, as in the samplers. */
function sigmaOf(t: tf.Tensor1D, alphaBars: ArrayLike<number>, rank: number): tf.Tensor {
  const table = tf.tensor1d(Float32Array.from(sigmaTable(alphaBars)));
  const time = tf.cast(t, 'float32');
  const low = tf.floor(time);
  const at = (index: tf.Tensor) =>
    tf.gather(table, tf.cast(tf.minimum(index, alphaBars.length - 1), 'int32'));
  const sigma = tf.add(at(low), tf.mul(tf.sub(time, low), tf.sub(at(tf.add(low, 1)), at(low))));
  return tf.reshape(sigma, [-1, ...new Array<number>(rank - 1).fill(1)]);
}
