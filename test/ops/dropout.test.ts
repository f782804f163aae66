import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DropoutType, dropout } from '../../src/ops/dropout.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { expectThrowsClean, upload } from './checkOp.js';
import { randomTensor } from './referenceOps.js';

beforeAll(startTestBackend);

const key = { seed: 4, stream: 1000, step: 3 };
const types: DropoutType[] = ['traditional', 'spatial'];
const rates = [0.1, 0.5, 0.9];

/** Asserts that `kept` of `n` is within five standard deviations of a binomial of 1 - rate. */
function expectKept(kept: number, n: number, rate: number): void {
  expect(Math.abs(kept - n * (1 - rate))).toBeLessThan(5 * Math.sqrt(n * rate * (1 - rate)));
}

describe.each(rates)('rate %d', (rate) => {
  it('traditional: keeps single values with the right frequency and scales them', async () => {
    const values = await dropout(tf.ones([4, 16, 16, 8]), { rate, key }).data();
    const kept = values.filter((value) => value !== 0);
    expectClose(kept, new Float32Array(kept.length).fill(1 / (1 - rate)), { abs: 0, rel: 1e-6 });
    expectKept(kept.length, values.length, rate);
  });

  it('spatial: keeps whole channels of a sample with the right frequency and scales them', async () => {
    const [samples, channels, pixels] = [16, 64, 6];
    const x: tf.Tensor4D = tf.ones([samples, 2, 3, channels]);
    const values = await dropout(x, { rate, type: 'spatial', key }).data();
    let kept = 0;
    for (let sample = 0; sample < samples; sample++) {
      for (let channel = 0; channel < channels; channel++) {
        const plane = Array.from(
          { length: pixels },
          (_, i) => values[(sample * pixels + i) * channels + channel],
        );
        expect(new Set(plane).size, 'values in a channel').toBe(1);
        if (plane[0] !== 0) {
          kept++;
          expectClose(plane, new Array(pixels).fill(1 / (1 - rate)), { abs: 0, rel: 1e-6 });
        }
      }
    }
    expectKept(kept, samples * channels, rate);
  });
});

describe.each(types)('%s', (type) => {
  const x = (): tf.Tensor4D => tf.ones([2, 4, 4, 64]);
  const mask = async (options: Partial<typeof key> = {}) =>
    dropout(x(), { rate: 0.5, type, key: { ...key, ...options } }).data();

  it('gives the same mask for the same key and another for another', async () => {
    const first = await mask();
    expect(await mask()).toEqual(first);
    for (const other of [{ seed: 5 }, { stream: 1001 }, { step: 4 }]) {
      const second = await mask(other);
      const agreement = second.filter((value, i) => value === first[i]).length / first.length;
      // Two independent masks agree in half of the values; of the 128 channels, within six standard deviations.
      expect(Math.abs(agreement - 0.5), JSON.stringify(other)).toBeLessThan(6 * Math.sqrt(0.25 / 128));
    }
  });

  it('multiplies the activation and its gradient by the mask, and keeps one tensor', async () => {
    const [input, dy] = [
      upload<tf.Rank.R4>(randomTensor([2, 4, 4, 64], 1)),
      upload(randomTensor([2, 4, 4, 64], 2)),
    ];
    const op = (x: tf.Tensor) => dropout(x as tf.Tensor4D, { rate: 0.5, type, key });
    const factors = await mask();
    const y = await expectTensorsKept(1, () => op(input));
    const product = (values: Float32Array) => values.map((value, i) => value * factors[i]);
    expectClose(await y.data(), product(await input.data<'float32'>()), { abs: 1e-6 });
    const dx = await expectTensorsKept(1, () => tf.grad(op)(input, dy));
    expectClose(await dx.data(), product(await dy.data<'float32'>()), { abs: 1e-6 });
  });

  it('rate 0 changes nothing, in a tensor of its own', async () => {
    const input = x();
    const y = await expectTensorsKept(1, () => dropout(input, { rate: 0, type, key }));
    expect(await y.data()).toEqual(await input.data());
    y.dispose();
    expect(input.isDisposed).toBe(false);
  });
});

describe('refuses', () => {
  it.each([-0.1, 1, 1.5, Number.NaN])('rate %d', async (rate) => {
    const x: tf.Tensor4D = tf.ones([1, 2, 2, 1]);
    await expectThrowsClean(
      () => dropout(x, { rate, key }),
      /^dropout: rate is .*; it must be a finite number in \[0, /,
    );
  });

  it('an unknown type, also with rate 0', async () => {
    const x: tf.Tensor4D = tf.ones([1, 2, 2, 1]);
    for (const rate of [0, 0.5]) {
      await expectThrowsClean(
        () => dropout(x, { rate, type: 'other' as DropoutType, key }),
        /^dropout: type is 'other'; it must be one of 'traditional', 'spatial'/,
      );
    }
  });

  it('a key out of range', async () => {
    const x: tf.Tensor4D = tf.ones([1, 2, 2, 1]);
    await expectThrowsClean(() => dropout(x, { rate: 0.5, key: { ...key, step: -1 } }), /^RandomKey: step/);
  });
});
