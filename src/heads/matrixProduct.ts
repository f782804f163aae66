import * as tf from '@tensorflow/tfjs-core';
import { ownBuffer } from '../ops/ownBuffer.js';
import { runKernel } from '../ops/runKernel.js';

/** x w of x [rows, inner] and w [inner, columns]; on the wasm backend through the kernel of 1×1 convolutions. */
export function product(x: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  const [rows, inner] = x.shape;
  const columns = w.shape[1];
  return tf.tidy(() => {
    const images = tf.reshape(x, [1, 1, rows, inner]);
    const filter = tf.reshape(w, [1, 1, inner, columns]);
    const y = runKernel<tf.Tensor4D>('DiffusionSslConv2D', { x: images, filter });
    return y ? tf.reshape(y, [rows, columns]) : tf.matMul(x, ownBuffer(w));
  });
}

/** xᵀ y of x [rows, inner] and y [rows, columns], without a transposed copy of x. */
export function transposedProduct(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D {
  const [rows, inner] = x.shape;
  const columns = y.shape[1];
  return tf.tidy(() => {
    const images = tf.reshape(x, [1, rows, 1, inner]);
    const dy = tf.reshape(y, [1, rows, 1, columns]);
    const result = runKernel<tf.Tensor4D>('DiffusionSslConv2DBackpropFilter', { x: images, dy }, { size: 1 });
    return result ? tf.reshape(result, [inner, columns]) : tf.matMul(x, ownBuffer(y), true);
  });
}
