import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { gaussianBlur } from './gaussianBlur.js';

/** 1 − SSIM of each pixel and channel, after checking that the tensors are images and the range is above 0. */
export function structuralDissimilarity(a: tf.Tensor, b: tf.Tensor, dataRange = 1): tf.Tensor {
  if (a.rank !== 4) {
    throw argumentError('prediction.shape', a.shape, '[batch, height, width, channels]');
  }
  checkNumber('dataRange', dataRange, 1e-6, 1e6);
  const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2];
  const blur = (x: tf.Tensor) => gaussianBlur(x as tf.Tensor4D);
  const [meanA, meanB] = [blur(a), blur(b)];
  const [squareA, squareB, product] = [tf.square(meanA), tf.square(meanB), tf.mul(meanA, meanB)];
  const varianceA = tf.sub(blur(tf.square(a)), squareA);
  const varianceB = tf.sub(blur(tf.square(b)), squareB);
  const covariance = tf.sub(blur(tf.mul(a, b)), product);
  const numerator = tf.mul(tf.add(tf.mul(product, 2), c1), tf.add(tf.mul(covariance, 2), c2));
  const denominator = tf.mul(tf.add(tf.add(squareA, squareB), c1), tf.add(tf.add(varianceA, varianceB), c2));
  return tf.sub(1, tf.div(numerator, denominator));
}
