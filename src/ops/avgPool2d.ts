import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { repeatPixels } from './upsampleNearest2d.js';

/**
 * Halves height and width by the mean of each 2×2 cell; an odd last row or column is left out.
 *
 * Equals `torch.nn.AvgPool2d(2)`.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of shape [batch, ⌊height / 2⌋, ⌊width / 2⌋, channels].
 * @throws If a side is below 2.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { avgPool2d } from 'diffusion-ssl/ops';
 *
 * console.log(avgPool2d(tf.ones([1, 8, 8, 2])).shape); // [1, 4, 4, 2]
 * ```
 */
export function avgPool2d(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (height < 2 || width < 2) {
    throw argumentError('avgPool2d: the input shape', x.shape, 'at least 2 high and wide');
  }
  return customGradient(
    [x],
    (x) => ({ value: tf.avgPool(x, 2, 2, 'valid'), saved: [] }),
    (dy) => {
      const spread = tf.mul<tf.Tensor4D>(repeatPixels(dy), 0.25);
      return [
        (height % 2) + (width % 2) === 0
          ? spread
          : tf.pad(spread, [
              [0, 0],
              [0, height % 2],
              [0, width % 2],
              [0, 0],
            ]),
      ];
    },
  );
}
