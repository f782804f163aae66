import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from '../ops/runKernel.js';

/** A moving average: `decay` of the old value and the rest of the new one. */
export function blend(old: tf.Tensor1D, value: tf.Tensor1D, decay: number): tf.Tensor1D {
  const factors = { factorA: decay, factorB: 1 - decay };
  const blended = runKernel<tf.Tensor1D>('DiffusionSslBlend', { a: old, b: value }, factors);
  return blended ?? tf.add(tf.mul(old, decay), tf.mul(value, 1 - decay));
}
