import * as tf from '@tensorflow/tfjs-core';

/** Values that are added up one after the other. */
const RUN = 32;

/** The sum of all values, in runs: of some hundred thousand added one after the other float32 keeps three digits. */
export function totalOf(x: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    let sums: tf.Tensor1D = tf.reshape(x, [x.size]);
    while (sums.size > RUN) {
      const padded = tf.pad1d(sums, [0, (RUN - (sums.size % RUN)) % RUN]);
      sums = tf.sum(tf.reshape(padded, [padded.size / RUN, RUN]), 1);
    }
    return tf.sum(sums);
  });
}
