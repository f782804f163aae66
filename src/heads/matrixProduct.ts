import * as tf from '@tensorflow/tfjs-core';
import { ownBuffer } from '../ops/ownBuffer.js';
import { runKernel } from '../ops/runKernel.js';

/** x w + bias of x [rows, inner], w [inner, columns] and bias [columns]; on wasm by the kernel of 1×1 convolutions. */
export function product(x: tf.Tensor2D, w: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  const [rows, inner] = x.shape;
  const columns = w.shape[1];
  return tf.tidy((): tf.Tensor2D => {
    const images = tf.reshape(x, [1, 1, rows, inner]);
    const filter = tf.reshape(w, [1, 1, inner, columns]);
    const y = bias
      ? runKernel<tf.Tensor4D>('DiffusionSslConv2DBias', { x: images, filter, bias })
      : runKernel<tf.Tensor4D>('DiffusionSslConv2D', { x: images, filter });
    if (y) return tf.reshape<tf.Rank.R2>(y, [rows, columns]);
    const products = tf.matMul<tf.Tensor2D>(x, ownBuffer(w));
    return bias ? tf.add<tf.Tensor2D>(products, bias) : products;
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
