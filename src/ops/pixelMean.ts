import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/**
 * Mean over height and width of each image: [batch, height, width, channels] → [batch, 1, 1, channels].
 *
 * Of each row, then of the rows: see `channelSum`.
 */
export function pixelMean(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  return customGradient(
    [x],
    (x) => ({
      value:
        runKernel<tf.Tensor4D>('DiffusionSslPixelMean', { x }) ??
        tf.avgPool(tf.avgPool(x, [1, width], 1, 'valid'), [height, 1], 1, 'valid'),
      saved: [],
    }),
    (dy) => [() => tf.tidy(() => tf.broadcastTo(tf.div(dy, height * width), x.shape))],
  );
}
