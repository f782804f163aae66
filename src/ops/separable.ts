import * as tf from '@tensorflow/tfjs-core';
import { ownBuffer } from './ownBuffer.js';

/** A matrix on the host, row-major: the weights of the samples of one axis in each resampled one. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array;
}

export function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j];
  }
  return { rows: columns, columns: rows, data: result };
}

/** An image whose rows and columns are mixed by a matrix each: [batch, rows of one, rows of the other, channels]. */
export function resampleAxes(x: tf.Tensor4D, vertical: Matrix, horizontal: Matrix): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const matrix = ({ rows, columns, data }: Matrix) => tf.tensor3d(data, [1, rows, columns]);
    const images = tf.reshape(ownBuffer(x), [batch, height, width * channels]) as tf.Tensor3D;
    const tall = tf.matMul(matrix(vertical), images);
    const wide = tf.matMul(
      matrix(horizontal),
      tf.reshape(tall, [batch * vertical.rows, width, channels]) as tf.Tensor3D,
    );
    return tf.reshape(wide, [batch, vertical.rows, horizontal.rows, channels]);
  });
}
