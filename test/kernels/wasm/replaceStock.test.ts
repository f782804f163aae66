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

it('sums of tensors of one shape are those of the stock kernel to the bit, and others are left to it', async () => {
  const [x, y] = [1, 2].map((seed) => tf.randomNormal([3, 64, 64, 5], 0, 1, 'float32', seed));
  const row = tf.randomNormal([5], 0, 1, 'float32', 3);
  const sums = () => [tf.add(x, y), tf.add(x, row), tf.add(tf.cast(x, 'int32'), tf.cast(y, 'int32'))];
  const values = async () => Promise.all(tf.tidy(sums).map((sum) => sum.data()));
  const expected = await values();
  const { unregister } = await registerTrainingKernels();
  const found = await values();
  await unregister();
  expect(found).toEqual(expected);
});
