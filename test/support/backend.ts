import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { initBackend } from '../../src/backends/node/initBackend.js';
import type { BackendName } from '../../src/backends/StartedBackend.js';

/**
 * Starts the backend that the tensor tests run on: wasm unless `TEST_BACKEND` names another, with this package's
 * kernels where `TEST_KERNELS` is set. WebGPU may be on a software adapter.
 */
export async function startTestBackend(): Promise<void> {
  await start(Boolean(process.env.TEST_KERNELS));
}

/** The same, with this package's kernels in any case: for what wasm does not compute without them. */
export async function startTrainingBackend(): Promise<void> {
  await start(true);
}

async function start(kernels: boolean): Promise<void> {
  const device = (process.env.TEST_BACKEND as BackendName | undefined) ?? 'wasm';
  await initBackend({ device, kernels: kernels || device !== 'wasm', allowSoftware: true });
}

/** Runs `body` and asserts that it leaves `kept` tensors more than before. */
export async function expectTensorsKept<T>(kept: number, body: () => T | Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(kept);
  return result;
}
