import * as tf from '@tensorflow/tfjs-core';

/**
 * Reorders the spatial taps of a filter: tap `i` of the result is tap `order[i]` of the filter, counted row by row.
 *
 * As a product with a permutation matrix: exact, and on the wasm backend far faster than `tf.reverse` or `tf.gather`.
 *
 * @param filter Tensor of shape [height, width, a, b].
 * @param order `height * width` tap indices.
 * @returns Tensor of shape [height * width, a, b].
 */
export function permuteTaps(filter: tf.Tensor4D, order: readonly number[]): tf.Tensor3D {
  return tf.tidy(() => {
    const [height, width, a, b] = filter.shape;
    const taps = height * width;
    const permutation = new Float32Array(taps * taps);
    order.forEach((source, target) => {
      permutation[target * taps + source] = 1;
    });
    const product = tf.matMul(tf.tensor2d(permutation, [taps, taps]), tf.reshape(filter, [taps, a * b]));
    return tf.reshape(product, [taps, a, b]);
  });
}
