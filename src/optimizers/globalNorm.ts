import * as tf from '@tensorflow/tfjs-core';
import { named } from '../ops/named.js';
import { runKernel } from '../ops/runKernel.js';

/** The common L2 norm of tensors. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return (
    runKernel<tf.Scalar>('DiffusionSslGlobalNorm', named(tensors)) ??
    tf.tidy(() => tf.sqrt(tf.sum<tf.Scalar>(tf.stack(tensors.map((tensor) => tf.sum(tf.square(tensor)))))))
  );
}
