import * as tf from '@tensorflow/tfjs-core';

/** The common L2 norm of tensors. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() =>
    tf.sqrt(tf.sum<tf.Scalar>(tf.stack(tensors.map((tensor) => tf.sum(tf.square(tensor)))))),
  );
}
