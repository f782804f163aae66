import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { registerTrainingKernels } from '../../../src/kernels/wasm/registerTrainingKernels.js';
import { expectTensorsKept, startTestBackend } from '../../support/backend.js';

beforeAll(startTestBackend);

const address = (x: tf.Tensor) =>
  (tf.backend() as unknown as { getMemoryOffset(id: object): number }).getMemoryOffset(x.dataId);

it('clones share their data while the kernels are registered, and outlive the original', async () => {
  const { unregister } = await registerTrainingKernels();
  const x = tf.tensor1d([1, 2, 3]);
  const clone = await expectTensorsKept(1, () => tf.clone(x));
  expect(address(clone)).toBe(address(x));
  x.dispose();
  tf.fill([3], 7).dispose();
  expect(Array.from(await clone.data())).toEqual([1, 2, 3]);
  const bytes = tf.memory().numBytes;
  clone.dispose();
  expect(tf.memory().numBytes).toBe(bytes - 12);
  await unregister();
  const [a] = [tf.tensor1d([4])];
  const copy = tf.clone(a);
  expect(address(copy)).not.toBe(address(a));
});
