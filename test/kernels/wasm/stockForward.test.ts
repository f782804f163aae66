import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerTrainingKernels } from '../../../src/kernels/wasm/registerTrainingKernels.js';
import { upload } from '../../ops/checkOp.js';
import { randomTensor } from '../../ops/referenceOps.js';
import { expectTensorsKept, startTestBackend } from '../../support/backend.js';
import { expectAgreement, expectIdentical } from './checkKernel.js';

beforeAll(startTestBackend);

type Operation = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) => tf.Tensor;

/** Runs operations on the stock kernels and on those in their place; both values. */
async function both(shape: number[], filters: number[], operations: Operation[]) {
  const [x, filter] = [randomTensor(shape, 1), randomTensor(filters, 2)].map((host) => upload(host));
  const bias = upload(randomTensor([filters[3]], 3));
  const run = async () => {
    const results = [];
    for (const operation of operations) {
      const y = await expectTensorsKept(1, () =>
        operation(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D),
      );
      results.push({ shape: y.shape, values: await y.data() });
      y.dispose();
    }
    return results;
  };
  const stock = await run();
  const { unregister } = await registerTrainingKernels();
  const own = await run();
  await unregister();
  tf.dispose([x, filter, bias]);
  return { stock, own };
}

describe('kernels in the place of stock ones', () => {
  it.each([
    // Large enough for Winograd's algorithm, with channels that fill no panel of eight, and not.
    { shape: [2, 32, 30, 48], filter: [3, 3, 48, 36] },
    { shape: [1, 9, 7, 4], filter: [3, 3, 4, 8] },
    { shape: [2, 40, 40, 32], filter: [5, 5, 32, 12] },
  ])('convolve as they do, $shape by $filter', async ({ shape, filter }) => {
    const fused = (activation: 'linear' | 'relu' | 'elu', withBias: boolean): Operation => {
      return (x, filter, bias) =>
        tf.fused.conv2d({
          x,
          filter,
          strides: 1,
          pad: 'same',
          activation,
          bias: withBias ? bias : undefined,
        });
    };
    const { stock, own } = await both(shape, filter, [
      (x, filter) => tf.conv2d(x, filter, 1, 'same'),
      (x, filter) => tf.conv2d(x, filter, 2, 'same'),
      (x, filter) => tf.conv2d(x, filter, 1, 'valid'),
      (x, filter) => tf.conv2d(x, filter, 1, 'same', 'NHWC', 2),
      ...(['linear', 'relu', 'elu'] as const).flatMap((name) => [fused(name, true), fused(name, false)]),
    ]);
    for (const [i, { shape, values }] of own.entries()) {
      expect(shape).toEqual(stock[i].shape);
      expectAgreement(values, stock[i].values, `operation ${i}`);
    }
    const differ = own.map(({ values }, i) => values.some((value, j) => value !== stock[i].values[j]));
    const winograd = filter[0] === 3 && shape[1] > 9;
    expect(differ).toEqual([
      winograd,
      false,
      false,
      false,
      winograd,
      winograd,
      winograd,
      winograd,
      false,
      false,
    ]);
  });

  it('sum and average over all axes but the last', async () => {
    const operations: Operation[] = [false, true].flatMap((keep) => [
      (x) => tf.sum(x, [0, 1, 2], keep),
      (x) => tf.mean(x, [2, 0, 1], keep),
      (x) => tf.sum(x, [0, 1, 3], keep),
      (x) => tf.mean(x, [1, 2], keep),
    ]);
    const { stock, own } = await both([3, 20, 17, 37], [1, 1, 1, 1], operations);
    for (const [i, { shape, values }] of own.entries()) {
      expect(shape).toEqual(stock[i].shape);
      expectAgreement(values, stock[i].values, `operation ${i}`);
    }
  });

  it('repeat as they do, to the bit', async () => {
    const cases: { shape: number[]; reps: number[] }[] = [
      { shape: [1, 1, 1, 13], reps: [2, 5, 7, 1] },
      { shape: [2, 5, 3, 1], reps: [1, 1, 1, 70] },
      { shape: [2, 1, 1, 6], reps: [1, 3, 4, 1] },
      { shape: [2, 3, 4, 5], reps: [1, 3, 1, 1] },
      { shape: [2, 3, 1, 5], reps: [3, 1, 2, 1] },
      { shape: [2, 3, 1, 5], reps: [1, 1, 1, 1] },
    ];
    for (const { shape, reps } of cases) {
      const { stock, own } = await both(
        shape,
        [1, 1, 1, 1],
        [
          (x) => tf.tile(x, reps),
          (x) => tf.tidy(() => tf.tile(tf.cast(tf.mul(x, 9), 'int32'), reps)),
          (x) => tf.tidy(() => tf.tile(tf.greater(x, 0), reps)),
        ],
      );
      for (const [i, { shape, values }] of own.entries()) {
        expect(shape).toEqual(stock[i].shape);
        expectIdentical(values, stock[i].values, `${shape} by ${reps}`);
      }
    }
  });

  it('multiply by the letters of an equation, and say which they do not take', async () => {
    const { unregister } = await registerTrainingKernels();
    const [a, b] = [upload(randomTensor([2, 3, 4], 1)), upload(randomTensor([2, 4, 3], 2))];
    const y = await expectTensorsKept(1, () => tf.einsum('bij,bji->b', a, b));
    const sums = tf.tidy(() => tf.sum(tf.mul(a, tf.transpose(b, [0, 2, 1])), [1, 2]));
    expectAgreement(await y.data(), await sums.data());
    expect(() => tf.einsum('bii->b', a)).toThrow(/'bii' of 'bii->b' has a letter twice/);
    await unregister();
    tf.dispose([a, b, y, sums]);
  });
});
