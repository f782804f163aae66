import * as tf from '@tensorflow/tfjs-core';

/** Gradients of the loss plus an L2 penalty of half of `weightDecay`. */
export function addWeightDecay(
  gradients: tf.Tensor1D,
  parameters: tf.Tensor1D,
  weightDecay: number,
): tf.Tensor1D {
  return weightDecay === 0 ? gradients : tf.add(gradients, tf.mul(parameters, weightDecay));
}
