import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { gaussianKl } from './gaussianKl.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';
import { structuralDissimilarity } from './structuralDissimilarity.js';

/** The factors of the terms of {@link hybridLight}, each at least 0. */
export interface HybridLightParameters {
  /** Factor of the squared error. Default 1. */
  alpha?: number;
  /** Factor of 1 − SSIM. Default 0.1. */
  beta?: number;
  /** Factor of the divergence of the value distributions. Default 0.01. */
  gamma?: number;
}

/**
 * α · `mse` + β · `ssim` + γ · KL, by default the mean over all elements (the tutorial's `hybrid_light`).
 *
 * KL is KL(N(μp, σp²) ‖ N(μt, σt²)) of the mean and the variance over all values of the prediction and of the target:
 * of the whole batch, not of a sample. It is the same number in each sample's value and in each element of a sum.
 *
 * @param prediction float32 tensor [batch, height, width, channels]; any [batch, …] where β is 0.
 * @param target tensor of the same shape.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If shapes differ, are empty or not of rank 4, the weights are not [batch], the reduction is unknown, a factor
 * is negative, or γ is not 0 and there is a single element.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { hybridLight } from 'diffusion-ssl/losses';
 *
 * const prediction = tf.randomNormal([2, 16, 16, 4]);
 * const target = tf.randomNormal([2, 16, 16, 4]);
 * const loss = hybridLight(prediction, target, { alpha: 0.9, beta: 0.1, gamma: 0 });
 * console.log((await loss.data())[0] > 1); // true
 * ```
 */
export function hybridLight(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: ScalarLossOptions & HybridLightParameters,
): tf.Scalar;
export function hybridLight(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: LossOptions & HybridLightParameters,
): tf.Tensor;
export function hybridLight(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { alpha = 1, beta = 0.1, gamma = 0.01, ...options }: LossOptions & HybridLightParameters = {},
): tf.Tensor {
  for (const [name, factor] of Object.entries({ alpha, beta, gamma })) {
    checkNumber(`hybridLight: ${name}`, factor, 0);
  }
  if (gamma > 0 && prediction.size < 2) {
    throw argumentError('hybridLight: gamma', gamma, '0 for a single element, which has no variance');
  }
  const distance = (a: tf.Tensor, b: tf.Tensor) => {
    let losses = tf.mul(tf.squaredDifference(a, b), alpha);
    if (beta > 0) losses = tf.add(losses, tf.mul(structuralDissimilarity(a, b), beta));
    if (gamma > 0) losses = tf.add(losses, tf.mul(gaussianKl(a, b), gamma));
    return losses;
  };
  return inFunction('hybridLight', () => reduceLoss(prediction, target, options, distance));
}
