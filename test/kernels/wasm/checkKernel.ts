import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { registerTrainingKernels } from '../../../src/kernels/wasm/registerTrainingKernels.js';
import { upload } from '../../ops/checkOp.js';
import type { HostTensor } from '../../ops/referenceOps.js';
import { startTestBackend } from '../../support/backend.js';
import { relativeL2 } from '../../support/compare.js';

/** Starts the wasm backend with this package's kernels. */
export async function startKernels(): Promise<void> {
  await startTestBackend();
  await registerTrainingKernels();
}

/** How far two results of equal meaning may lie apart: relative L2 error, and largest error of the largest value. */
const AGREEMENT = 1e-4;

/** Asserts that values agree with a reference in float64. */
export function expectAgreement(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what = 'values',
): void {
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  if (largest === 0) {
    expect(worst, `${what}: largest error beside a reference of zeros`).toBe(0);
    return;
  }
  expect(relativeL2(actual, expected), `${what}: relative L2 error`).toBeLessThanOrEqual(AGREEMENT);
  expect(worst / largest, `${what}: largest error of the largest value`).toBeLessThanOrEqual(AGREEMENT);
}

/** Asserts that two arrays hold the same bits; quick on large ones, which `toEqual` is not. */
export function expectIdentical(actual: ArrayBufferView, expected: ArrayBufferView, what = 'values'): void {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  expect(Buffer.compare(bytes(actual), bytes(expected)), what).toBe(0);
}

/** What a kernel is compared on: its registered name, inputs and attributes, and the outputs expected in float64. */
export interface KernelCase {
  name: string;
  inputs: Record<string, HostTensor>;
  attributes?: Record<string, number>;
  expected: HostTensor[];
}

/** Runs a registered kernel and compares each output, and asserts that the inputs are unchanged and nothing is left. */
export async function checkKernel({ name, inputs, attributes = {}, expected }: KernelCase): Promise<void> {
  const before = tf.memory().numTensors;
  const tensors = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, upload(value)]));
  const result = tf.engine().runKernel(name, tensors, attributes) as tf.Tensor | tf.Tensor[];
  const outputs = Array.isArray(result) ? result : [result];
  expect(outputs.length, 'number of outputs').toBe(expected.length);
  for (const [i, output] of outputs.entries()) {
    expect(output.shape, `shape of output ${i}`).toEqual(expected[i].shape);
    expectAgreement(await output.data(), expected[i].data, `output ${i}`);
  }
  for (const [key, tensor] of Object.entries(tensors)) {
    expectIdentical(await tensor.data(), Float32Array.from(inputs[key].data), `${key} is unchanged`);
  }
  tf.dispose([tensors, outputs]);
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
}
