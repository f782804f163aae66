import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from '../ops/customGradient.js';

const SIDE = 11;
const SIGMA = 1.5;

/**
 * Weighted mean over the 11×11 pixels around each one, each channel on its own, with zeros beyond the border: the
 * window of structural similarity, a Gaussian of standard deviation 1.5.
 *
 * Two passes, along height and width. The window is symmetric, so the blur is its own gradient, which the wasm backend
 * does not have for a convolution by channel.
 */
export function gaussianBlur(x: tf.Tensor4D): tf.Tensor4D {
  const blur = (x: tf.Tensor4D) => {
    const channels = x.shape[3];
    const window = gaussianWindow();
    const values = Float32Array.from({ length: SIDE * channels }, (_, i) => window[Math.floor(i / channels)]);
    const columns = tf.depthwiseConv2d(x, tf.tensor4d(values, [SIDE, 1, channels, 1]), 1, 'same');
    return tf.depthwiseConv2d(columns, tf.tensor4d(values, [1, SIDE, channels, 1]), 1, 'same');
  };
  return customGradient(
    [x],
    (x) => ({ value: tf.tidy(() => blur(x)), saved: [] }),
    (dy) => [blur(dy)],
  );
}

function gaussianWindow(): number[] {
  const values = Array.from({ length: SIDE }, (_, i) =>
    Math.exp(-((i - (SIDE - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
}
