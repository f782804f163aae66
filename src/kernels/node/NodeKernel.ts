import type * as tf from '@tensorflow/tfjs-core';
import type { EagerOps, Handle } from './EagerOps.js';

/** A kernel of this folder: its name in tfjs' registry, and the operations of TensorFlow that it runs. */
export interface NodeKernel {
  name: string;
  /** From inputs and attributes to results; whatever else it makes is released after it. */
  compute(
    ops: EagerOps,
    inputs: Record<string, tf.TensorInfo>,
    attributes: Record<string, number | undefined>,
  ): Handle | readonly (Handle | tf.TensorInfo)[];
}
