import * as tf from '@tensorflow/tfjs-core';

/** Rows of channels, [..., channels], as images of height 1: [batch, 1, rows, channels]. */
export function asImages(x: tf.Tensor): tf.Tensor4D {
  const channels = x.shape[x.rank - 1];
  const batch = x.rank > 2 ? x.shape[0] : 1;
  return tf.reshape(x, [batch, 1, x.size / channels / batch, channels]);
}
