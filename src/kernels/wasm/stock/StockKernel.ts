import type * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from '../KernelModule.js';

/** A kernel under the name of one of TensorFlow.js' own, with its inputs and attributes. */
export interface StockKernel {
  /** Its name in tfjs' registry. */
  name: string;
  /** From inputs and attributes to a new tensor, or undefined where the backend's own kernel is to compute it. */
  compute(
    kernels: KernelModule,
    inputs: Record<string, tf.TensorInfo>,
    attributes: tf.NamedAttrMap,
  ): tf.TensorInfo | undefined;
}
