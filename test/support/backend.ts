import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { initBackend } from '../../src/backends/node/initBackend.js';
import type { BackendName } from '../../src/backends/StartedBackend.js';
import { registerTrainingKernels } from '../../src/kernels/wasm/registerTrainingKernels.js';

/**
 * Starts the backend that the tensor tests run on: wasm unless `TEST_BACKEND` names another, with this package's
 * kernels where `TEST_KERNELS` is set. WebGPU may be on a software adapter.
 */
export async function startTestBackend(): Promise<void> {
  const device = process.env.TEST_BACKEND as BackendName | undefined;
  if (device && device !== 'wasm') {
    const { dispose } = await initBackend({ device, allowSoftware: true });
    disposeAtEnd = dispose;
    return;
  }
  const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(wasm)}/`);
  await tf.setBackend('wasm');
  await tf.ready();
  if (process.env.TEST_KERNELS) await registerTrainingKernels();
}
let disposeAtEnd: (() => Promise<void>) | undefined;
void disposeAtEnd;

/** Runs `body` and asserts that it leaves `kept` tensors more than before. */
export async function expectTensorsKept<T>(kept: number, body: () => T | Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(kept);
  return result;
}
