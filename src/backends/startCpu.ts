import * as tf from '@tensorflow/tfjs-core';
import { activateBackend, endBackend } from './activateBackend.js';
import type { BackendStarter } from './chooseBackend.js';
import { importCpuBackend } from './importPeers.js';

/** Starts the backend in plain JavaScript. */
export async function startCpu(): ReturnType<BackendStarter> {
  await importCpuBackend();
  await activateBackend('cpu');
  return {
    name: 'cpu',
    threads: 1,
    build: `cpu ${tf.version_core}`,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    dispose: async () => endBackend('cpu', tf.findBackendFactory('cpu')),
  };
}
