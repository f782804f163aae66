import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs one of this library's own kernels where the current backend has it.
 *
 * @param name Name in tfjs' kernel registry.
 * @returns What the kernel returns, or undefined where it is not registered: the caller then composes stock operations.
 */
export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number> = {},
): T | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined;
  return tf.engine().runKernel(name, inputs, attributes) as T;
}
