import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from './runKernel.js';

/** [batch, height, width, 4·channels] → [batch, 2·height, 2·width, channels], without a gradient. */
export function shuffleCells(x: tf.Tensor4D): tf.Tensor4D {
  return runKernel<tf.Tensor4D>('DiffusionSslPixelShuffle', { x }) ?? shuffle(x);
}

/** [batch, height, width, channels] → [batch, height / 2, width / 2, 4·channels], without a gradient. */
export function unshuffleCells(y: tf.Tensor4D): tf.Tensor4D {
  return runKernel<tf.Tensor4D>('DiffusionSslPixelUnshuffle', { y }) ?? unshuffle(y);
}

function shuffle(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const cells = tf.reshape(x, [batch, height, width, channels / 4, 2, 2]);
  const moved = tf.transpose(cells, [0, 1, 4, 2, 5, 3]);
  return tf.reshape(moved, [batch, 2 * height, 2 * width, channels / 4]);
}

function unshuffle(y: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = y.shape;
  const cells = tf.reshape(y, [batch, height / 2, 2, width / 2, 2, channels]);
  const moved = tf.transpose(cells, [0, 1, 3, 5, 2, 4]);
  return tf.reshape(moved, [batch, height / 2, width / 2, 4 * channels]);
}
