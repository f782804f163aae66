import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';

/** What makes a backend, as TensorFlow.js keeps it. */
type BackendFactory = Parameters<typeof tf.registerBackend>[1];

/** Makes a registered backend the current one. */
export async function activateBackend(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new BackendError(`backend '${name}' does not start`);
  await tf.ready();
}

/** Ends a backend with its tensors, and leaves `factory` to start it again. */
export function endBackend(name: string, factory: BackendFactory | null): void {
  if (tf.findBackendFactory(name)) tf.removeBackend(name);
  if (factory) tf.registerBackend(name, factory);
}
