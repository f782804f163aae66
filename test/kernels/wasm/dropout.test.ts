import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { type RandomKey, randomUniform } from '../../../src/internal/philox.js';
import { dropout } from '../../../src/ops/dropout.js';
import { expectIdentical, startKernels } from './checkKernel.js';

beforeAll(startKernels);

async function check(shape: [number, number, number, number], rate: number, key: RandomKey): Promise<void> {
  const ones: tf.Tensor4D = tf.ones(shape);
  const twos = tf.fill(shape, 2) as tf.Tensor4D;
  const y = dropout(ones, { rate, key });
  const dx = tf.grad((x) => dropout(x as tf.Tensor4D, { rate, key }))(ones, twos);
  const kept = Math.fround(1 / Math.fround(1 - rate));
  const mask = randomUniform(ones.size, key).map((u) => (u >= Math.fround(rate) ? kept : 0));
  expectIdentical(await y.data(), mask);
  expectIdentical(
    await dx.data(),
    mask.map((value) => 2 * value),
  );
  tf.dispose([ones, twos, y, dx]);
}

describe('dropout kernel: the mask of the plain generator, bit for bit', () => {
  const key = { seed: 2 ** 52 + 12345, stream: 0xfedcba98, step: 0xffffffff };

  it.each([
    { shape: [8, 64, 64, 16], rate: 0.1 },
    { shape: [1, 1, 1, 1], rate: 0.5 },
    { shape: [3, 5, 7, 3], rate: 0.999 },
    { shape: [2, 3, 3, 1], rate: 1 - 2 ** -24 },
    { shape: [1, 4, 4, 1], rate: 2 ** -24 },
    { shape: [1, 7, 5, 4], rate: 0.75 },
  ])('$shape, rate $rate', ({ shape, rate }) => check(shape as [number, number, number, number], rate, key));

  it('any shape, rate and key', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 9 }))),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.record({
          seed: fc.maxSafeNat(),
          stream: fc.nat({ max: 0xffffffff }),
          step: fc.nat({ max: 0xffffffff }),
        }),
        (shape, rate, key) => check(shape as [number, number, number, number], rate, key),
      ),
      { numRuns: 30 },
    ));
});
