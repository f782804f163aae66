import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { registerTrainingKernels } from '../../src/kernels/wasm/registerTrainingKernels.js';

/**
 * Starts the backend that the tensor tests run on: wasm unless `TEST_BACKEND` names another, with this package's
 * kernels where `TEST_KERNELS` is set.
 */
export async function startTestBackend(): Promise<void> {
  const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(wasm)}/`);
  const name = process.env.TEST_BACKEND ?? 'wasm';
  if (!(await tf.setBackend(name))) throw new Error(`backend ${name} does not start`);
  await tf.ready();
  if (process.env.TEST_KERNELS) await registerTrainingKernels();
}

/** Runs `body` and asserts that it leaves `kept` tensors more than before. */
export async function expectTensorsKept<T>(kept: number, body: () => T | Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(kept);
  return result;
}
