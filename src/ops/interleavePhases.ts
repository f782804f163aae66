import * as tf from '@tensorflow/tfjs-core';

/**
 * Four images as the four pixels of each 2×2 cell of one image of twice the size.
 *
 * @param phases Tensors of shape [batch, height, width, channels], in the order (row, column) = 00, 01, 10, 11.
 * @returns Tensor of shape [batch, 2·height, 2·width, channels].
 */
export function interleavePhases(phases: tf.Tensor4D[]): tf.Tensor4D {
  const [batch, height, width, channels] = phases[0].shape;
  const rows = [0, 2].map((first) =>
    tf.reshape(tf.concat([phases[first], phases[first + 1]], 3), [batch, height, 1, 2 * width * channels]),
  );
  return tf.reshape(tf.concat(rows, 2), [batch, 2 * height, 2 * width, channels]);
}

/**
 * The four phases of each 2×2 cell: the inverse of {@link interleavePhases}. Height and width must be even.
 *
 * As depthwise convolutions that pick one pixel: exact, and many times faster on wasm than strided slices.
 */
export function separatePhases(x: tf.Tensor4D): tf.Tensor4D[] {
  const channels = x.shape[3];
  return [0, 1, 2, 3].map((phase) => {
    const pick = new Float32Array(4 * channels).fill(1, phase * channels, (phase + 1) * channels);
    return tf.depthwiseConv2d(x, tf.tensor4d(pick, [2, 2, channels, 1]), 2, 'valid');
  });
}
