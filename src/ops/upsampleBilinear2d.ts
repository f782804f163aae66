import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { ownBuffer } from './ownBuffer.js';
import { runKernel } from './runKernel.js';

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
      value: runKernel<tf.Tensor4D>('DiffusionSslUpsampleBilinear', { x }) ?? resample(x, ...matrices()),
      saved: [],
    }),
    (dy) => {
      const dx = runKernel<tf.Tensor4D>('DiffusionSslUpsampleBilinearGradient', { dy });
      if (dx) return [dx];
      const [rows, columns] = matrices();
      return [resample(dy, transposed(rows), transposed(columns))];
    },
  );
}

interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array;
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

function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j];
  }
  return { rows: columns, columns: rows, data: result };
}

function resample(x: tf.Tensor4D, rows: Matrix, columns: Matrix): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const matrix = ({ rows, columns, data }: Matrix) => tf.tensor3d(data, [1, rows, columns]);
    const images = tf.reshape(ownBuffer(x), [batch, height, width * channels]) as tf.Tensor3D;
    const tall = tf.matMul(matrix(rows), images);
    const wide = tf.matMul(
      matrix(columns),
      tf.reshape(tall, [batch * rows.rows, width, channels]) as tf.Tensor3D,
    );
    return tf.reshape(wide, [batch, rows.rows, columns.rows, channels]);
  });
}
