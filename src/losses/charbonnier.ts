import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';

/** What shapes {@link charbonnier}. */
export interface CharbonnierParameters {
  /** Where the loss turns from squared to absolute error, in the unit of the values; above 0. Default 0.001. */
  epsilon?: number;
}

/**
 * Charbonnier loss √((prediction − target)² + ε²), by default its mean over all elements: an absolute error that is
 * smooth at 0 (Charbonnier et al. 1994, "Two deterministic half-quadratic regularization algorithms").
 *
 * @param prediction float32 tensor [batch, …].
 * @param target tensor of the same shape; nothing is broadcast.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable. Where the two are
 * equal it is ε, not 0.
 * @throws If shapes differ or are empty, the weights are not [batch], the reduction is unknown or ε is not above 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { charbonnier } from 'diffusion-ssl/losses';
 *
 * const loss = charbonnier(tf.tensor2d([[3, 0]]), tf.zeros([1, 2]), { epsilon: 4 });
 * console.log(await loss.data()); // (5 + 4) / 2 = 4.5
 * ```
 */
export function charbonnier(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: ScalarLossOptions & CharbonnierParameters,
): tf.Scalar;
export function charbonnier(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: LossOptions & CharbonnierParameters,
): tf.Tensor;
export function charbonnier(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { epsilon = 1e-3, ...options }: LossOptions & CharbonnierParameters = {},
): tf.Tensor {
  // Its square must be a normal float32 number, or the gradient at 0 would be 0 / 0.
  if (!(epsilon >= 1e-18 && epsilon <= 1e18)) {
    throw argumentError('charbonnier: epsilon', epsilon, 'a number in [1e-18, 1e18]');
  }
  const distance = (a: tf.Tensor, b: tf.Tensor) => tf.sqrt(tf.add(tf.squaredDifference(a, b), epsilon ** 2));
  return inFunction('charbonnier', () => reduceLoss(prediction, target, options, distance));
}
