import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';
import { structuralDissimilarity } from './structuralDissimilarity.js';

/** What shapes {@link ssim}. */
export interface SsimParameters {
  /**
   * Largest minus smallest value that images can have, in [1e-6, 1e6]: scales the constants (0.01 L)² and (0.03 L)²
   * that keep quotients of flat areas stable. Default 1, also for noise, as the reference has it.
   */
  dataRange?: number;
}

/**
 * Structural dissimilarity 1 − SSIM, by default its mean over all pixels and channels: 0 for equal images, at most 2
 * (Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity").
 *
 * An 11×11 Gaussian window of standard deviation 1.5, each channel on its own; beyond the border lie zeros, so images
 * smaller than the window work too.
 *
 * @param prediction float32 tensor [batch, height, width, channels].
 * @param target tensor of the same shape.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If shapes differ, are empty or not of rank 4, the weights are not [batch], the reduction is unknown or the
 * data range is outside [1e-6, 1e6].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ssim } from 'diffusion-ssl/losses';
 *
 * const image = tf.ones([1, 16, 16, 4]);
 * console.log(await ssim(image, image).data()); // 0
 * console.log((await ssim(tf.zeros([1, 16, 16, 4]), image).data())[0] > 0.99); // true
 * ```
 */
export function ssim(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: ScalarLossOptions & SsimParameters,
): tf.Scalar;
export function ssim(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: LossOptions & SsimParameters,
): tf.Tensor;
export function ssim(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { dataRange, ...options }: LossOptions & SsimParameters = {},
): tf.Tensor {
  const distance = (a: tf.Tensor, b: tf.Tensor) => structuralDissimilarity(a, b, dataRange);
  return inFunction('ssim', () => reduceLoss(prediction, target, options, distance));
}
