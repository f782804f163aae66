import * as tf from '@tensorflow/tfjs-core';

/** How GELU is computed: exactly, by the error function, or by the usual approximation. */
export type GeluType = 'none' | 'tanh';

const [SCALE, CUBIC] = [Math.sqrt(2 / Math.PI), 0.044715];

/** GELU and its derivative at `x`, each computed when it is called. */
export function geluParts(x: tf.Tensor, type: GeluType): { value(): tf.Tensor; slope(): tf.Tensor } {
  if (type === 'none') {
    const share = () => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = () => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return { value: () => tf.mul(x, share()), slope: () => tf.add(share(), tf.mul(x, density())) };
  }
  // (1 + tanh(u)) / 2 = sigmoid(2u).
  const square = tf.square(x);
  const share = tf.sigmoid(tf.mul(tf.mul(x, tf.add(tf.mul(square, CUBIC), 1)), 2 * SCALE));
  return {
    value: () => tf.mul(x, share),
    slope: () => {
      const inner = tf.mul(tf.add(tf.mul(square, 3 * CUBIC), 1), 2 * SCALE);
      const rest = tf.mul(tf.mul(x, tf.sub(1, share)), inner);
      return tf.mul(share, tf.add(rest, 1));
    },
  };
}
