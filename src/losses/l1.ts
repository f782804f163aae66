import type * as tf from '@tensorflow/tfjs-core';
import { inFunction } from '../internal/inFunction.js';
import { absoluteDifference } from './absoluteDifference.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';

/**
 * Absolute error |prediction − target|, by default its mean over all elements (torch's `l1_loss`). Its gradient where
 * the two are equal is 0.
 *
 * @param prediction float32 tensor [batch, …].
 * @param target tensor of the same shape; nothing is broadcast.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If shapes differ or are empty, the weights are not [batch] or the reduction is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { l1 } from 'diffusion-ssl/losses';
 *
 * const prediction = tf.tensor2d([[1, -2], [3, 4]]);
 * const target = tf.zeros([2, 2]);
 * console.log(await l1(prediction, target).data()); // 2.5
 * console.log(await l1(prediction, target, { reduction: 'sum' }).data()); // 10
 * ```
 */
export function l1(prediction: tf.Tensor, target: tf.Tensor, options?: ScalarLossOptions): tf.Scalar;
export function l1(prediction: tf.Tensor, target: tf.Tensor, options?: LossOptions): tf.Tensor;
export function l1(prediction: tf.Tensor, target: tf.Tensor, options: LossOptions = {}): tf.Tensor {
  return inFunction('l1', () => reduceLoss(prediction, target, options, absoluteDifference));
}
