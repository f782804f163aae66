import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';

/** Throws unless TensorFlow.js has a backend that computes. Its own errors speak of a registry. */
export function requireBackend(functionName: string): void {
  try {
    tf.backend();
  } catch (cause) {
    throw new BackendError(
      `${functionName}: no backend is started: await initBackend() of 'diffusion-ssl/backends/node' first, ` +
        'in a page that of ' +
        `'diffusion-ssl/backends'.`,
      { cause },
    );
  }
}
