import type * as tf from '@tensorflow/tfjs-core';

/** Tensors as the inputs of a kernel that takes any number of them, in this order. */
export function named(tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`tensor${i}`, tensor]));
}
