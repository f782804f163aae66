import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from '../../../src/backends/node/initBackend.js';

/** Starts tfjs-node without this package's kernels. Undefined, or why it does not start here. */
export async function startNode(): Promise<string | undefined> {
  try {
    await initBackend({ device: 'node', kernels: false });
    return tf.getBackend() === 'tensorflow' ? undefined : `the backend is ${tf.getBackend()}`;
  } catch (error) {
    return (error as Error).message;
  }
}
