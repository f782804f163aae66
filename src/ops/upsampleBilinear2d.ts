import type * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';
import { type Matrix, resampleAxes, transposed } from './separable.js';

/**
 * Doubles height and width by bilinear interpolation with aligned corners.
 *
 * Equals `torch.nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)`. Interpolation is linear and
 * separable: one matrix product for the rows and one for the columns, and their transposes in the gradient.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of shape [batch, 2·height, 2·width, channels].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { upsampleBilinear2d } from 'diffusion-ssl/ops';
 *
 * console.log(upsampleBilinear2d(tf.ones([1, 4, 4, 2])).shape); // [1, 8, 8, 2]
 * ```
 */
export function upsampleBilinear2d(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const matrices = (): [Matrix, Matrix] => [interpolationMatrix(height), interpolationMatrix(width)];
  return customGradient(
    [x],
    (x) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslUpsampleBilinear', { x }) ?? resampleAxes(x, ...matrices()),
      saved: [],
    }),
    (dy) => {
      const dx = runKernel<tf.Tensor4D>('DiffusionSslUpsampleBilinearGradient', { dy });
      if (dx) return [dx];
      const [rows, columns] = matrices();
      return [resampleAxes(dy, transposed(rows), transposed(columns))];
    },
  );
}

/** Weights of the `size` samples in each of the `2·size` interpolated ones. */
function interpolationMatrix(size: number): Matrix {
  const rows = 2 * size;
  const data = new Float32Array(rows * size);
  for (let i = 0; i < rows; i++) {
    const position = (i * (size - 1)) / (rows - 1);
    const lower = Math.floor(position);
    data[i * size + lower] += 1 - (position - lower);
    if (lower + 1 < size) data[i * size + lower + 1] += position - lower;
  }
  return { rows, columns: size, data };
}
