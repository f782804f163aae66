import type * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './KernelModule.js';

/** A kernel of this folder: its name in tfjs' registry, and what it does with its inputs. */
export interface TrainingKernel {
  name: string;
  /** From inputs and attributes to new tensors. */
  compute(
    kernels: KernelModule,
    inputs: Record<string, tf.TensorInfo>,
    attributes: Record<string, number | undefined>,
  ): tf.TensorInfo | tf.TensorInfo[];
}
