import * as tf from '@tensorflow/tfjs-core';
import { pixelMean } from './pixelMean.js';

/** Sum over the pixels of each image: [batch, height, width, channels] → [batch, channels]. */
export function pixelSum(x: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => tf.mul(tf.reshape(pixelMean(x), [batch, channels]), height * width));
}
