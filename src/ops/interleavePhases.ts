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

/** The four phases of each 2×2 cell: the inverse of {@link interleavePhases}. Height and width must be even. */
export function separatePhases(x: tf.Tensor4D): tf.Tensor4D[] {
  const [batch, height, width, channels] = x.shape;
  const pairs = tf.reshape(x, [batch, height / 2, 2, width * channels]);
  return [0, 1].flatMap((row) => {
    const line = tf.slice(pairs, [0, 0, row, 0], [batch, height / 2, 1, width * channels]);
    const cells = tf.reshape(line, [batch, height / 2, width / 2, 2 * channels]) as tf.Tensor4D;
    return tf.split(cells, 2, 3);
  });
}
