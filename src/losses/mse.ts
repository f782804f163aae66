import * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';

/**
 * Squared error (prediction − target)², by default its mean over all elements (torch's `mse_loss`).
 *
 * @param prediction float32 tensor [batch, …].
 * @param target tensor of the same shape; nothing is broadcast.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If shapes differ or are empty, the weights are not [batch] or the reduction is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mse } from 'diffusion-ssl/losses';
 *
 * const prediction = tf.tensor2d([[1, 2], [3, 4]]);
 * const target = tf.zeros([2, 2]);
 * console.log(await mse(prediction, target).data()); // 7.5
 * console.log(await mse(prediction, target, { reduction: 'none', weights: [1, 0.5] }).data()); // 2.5, 6.25
 * ```
 */
export function mse(prediction: tf.Tensor, target: tf.Tensor, options?: ScalarLossOptions): tf.Scalar;
export function mse(prediction: tf.Tensor, target: tf.Tensor, options?: LossOptions): tf.Tensor;
export function mse(prediction: tf.Tensor, target: tf.Tensor, options: LossOptions = {}): tf.Tensor {
  return inFunction('mse', () => reduceLoss(prediction, target, options, tf.squaredDifference));
}
