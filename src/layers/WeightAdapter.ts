import type * as tf from '@tensorflow/tfjs-core';

/** What a layer computes of its input and a weight, with a bias and what is added: `linear`, `conv2d`, … */
export type WeightProduct<T extends tf.Tensor = tf.Tensor, W extends tf.Tensor = tf.Tensor> = (
  x: T,
  weight: W,
  bias?: tf.Tensor1D,
  options?: { addend?: T },
) => T;

/** What adds to the product of a layer's weight, such as a low-rank adapter. */
export interface WeightAdapter {
  /** What it computes with and is differentiated with respect to. */
  readonly variables: readonly tf.Variable[];
  /** y = product(x, weight) with what it adds. Intermediates are left to the caller's `tf.tidy`. */
  add<T extends tf.Tensor>(y: T, x: T, product: WeightProduct<T>): T;
}
