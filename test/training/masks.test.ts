import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { charbonnier, l1, mse } from '../../src/losses/index.js';
import { bandMask } from '../../src/training/bandMask.js';
import { blockMask } from '../../src/training/blockMask.js';
import { regionLoss } from '../../src/training/regionLoss.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const key = { seed: 5, stream: 30, step: 2 };
const sum = (values: Iterable<number>) => Array.from(values).reduce((total, value) => total + value, 0);

describe('blockMask', () => {
  it('masks as many whole blocks in each sample, others in each', async () => {
    const mask = await expectTensorsKept(1, () => blockMask([3, 32, 24, 4], { ratio: 0.25, size: 8, key }));
    expect(mask.shape).toEqual([3, 32, 24, 1]);
    const samples = tf.unstack(tf.squeeze(mask, [3]) as tf.Tensor3D) as tf.Tensor2D[];
    const patterns = [];
    for (const sample of samples) {
      const rows = await sample.array();
      const blocks = [0, 8, 16, 24].flatMap((y) => [0, 8, 16].map((x) => rows[y][x]));
      expect(sum(blocks)).toBe(3);
      rows.forEach((row, y) => {
        row.forEach((value, x) => {
          expect(value).toBe(blocks[3 * Math.floor(y / 8) + Math.floor(x / 8)]);
        });
      });
      patterns.push(blocks.join(''));
    }
    expect(new Set(patterns).size).toBe(3);
  });

  it('reaches every block alike, over many steps', async () => {
    const counts = new Float64Array(9);
    for (let step = 0; step < 300; step++) {
      const mask = blockMask([1, 3, 3], { ratio: 1 / 3, size: 1, key: { ...key, step } });
      (await mask.data()).forEach((value, i) => {
        counts[i] += value;
      });
      mask.dispose();
    }
    // 100 of 300 each, with a deviation of 8.2.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(33);
  });

  it('cuts the last blocks at the border, and takes none or all', async () => {
    const all = blockMask([1, 10, 7], { ratio: 1, size: 4, key });
    expect(sum(await all.data())).toBe(70);
    expect(sum(await blockMask([1, 10, 7], { ratio: 0, size: 4, key }).data())).toBe(0);
    expect(await blockMask([2, 8, 8], { key }).data()).toEqual(
      await blockMask([2, 8, 8], { ratio: 0.5, size: 8, key }).data(),
    );
  });

  it('names what it cannot use', () => {
    expect(() => blockMask([1, 8], { key })).toThrow(/^blockMask: shape\[2\] is undefined/);
    expect(() => blockMask([1, 8, 8], { key, ratio: 1.1 })).toThrow(/^blockMask: ratio is 1\.1/);
    expect(() => blockMask([1, 8, 8], { key, size: 0 })).toThrow(/^blockMask: size is 0/);
  });
});

describe('bandMask', () => {
  it('masks as many bands in each sample', async () => {
    const mask = await expectTensorsKept(1, () => bandMask([16, 8, 8, 5], { count: 2, key }));
    expect(mask.shape).toEqual([16, 1, 1, 5]);
    const samples = (await tf.squeeze(mask, [1, 2]).array()) as number[][];
    for (const sample of samples) expect(sum(sample)).toBe(2);
    expect(new Set(samples.map(String)).size).toBeGreaterThan(5);
    expect(await bandMask([16, 8, 8, 5], { count: 2, key }).data()).toEqual(await mask.data());
    expect(() => bandMask([1, 8, 8, 2], { count: 3, key })).toThrow(
      /^bandMask: count is 3; it must be an integer from 0 to 2\.$/,
    );
  });
});

describe('regionLoss', () => {
  const shape: [number, number, number, number] = [3, 4, 4, 2];
  const values = (step: number) => tf.tensor4d(randomNormal(96, { seed: 1, stream: 1, step }), shape);
  const [prediction, target] = [() => values(0), () => values(1)];

  it.each([
    ['mse', mse, (d: number) => d * d],
    ['l1', l1, Math.abs],
    ['charbonnier', charbonnier, (d: number) => Math.hypot(d, 1e-3)],
  ] as const)('is the mean of %s over what is masked, or over what is not', async (_, loss, of) => {
    const mask = blockMask(shape, { ratio: 0.25, size: 2, key });
    const [inMask, difference] = [await mask.data(), await tf.sub(prediction(), target()).data()];
    for (const region of ['masked', 'visible'] as const) {
      const each = await expectTensorsKept(1, () => {
        const [a, b] = [prediction(), target()];
        const result = regionLoss(loss, mask, region)(a, b, { reduction: 'none' });
        tf.dispose([a, b]);
        return result;
      });
      const expected = [0, 1, 2].map((sample) => {
        const chosen = Array.from(difference.slice(32 * sample, 32 * sample + 32), of).filter(
          (_, i) => inMask[16 * sample + Math.floor(i / 2)] === (region === 'masked' ? 1 : 0),
        );
        expect(chosen.length).toBe(region === 'masked' ? 8 : 24);
        return sum(chosen) / chosen.length;
      });
      expectClose(await each.data(), expected, { abs: 1e-5, rel: 1e-5 });
      const mean = await regionLoss(loss, mask, region)(prediction(), target()).data();
      expectClose(mean, [sum(expected) / 3], { abs: 1e-5, rel: 1e-5 });
      const weighted = await regionLoss(loss, mask, region)(prediction(), target(), {
        reduction: 'sum',
        weights: [1, 0, 2],
      }).data();
      expectClose(weighted, [32 * (expected[0] + 2 * expected[2])], { abs: 1e-4, rel: 1e-5 });
    }
  });

  it('moves the prediction within the region alone', async () => {
    const mask = bandMask(shape, { key });
    const gradient = tf.grad((x: tf.Tensor) => regionLoss(mse, mask)(x, target()))(prediction());
    const isMasked = await tf.mul(tf.onesLike(gradient), mask).data();
    const values = await gradient.data();
    expect(Array.from(values, (value) => (value === 0 ? 0 : 1))).toEqual([...isMasked]);
    // Of 16 masked values in each of 3 samples.
    const expected = await tf.mul(tf.sub(prediction(), target()), tf.mul(mask, 2 / 48)).data();
    expectClose(values, expected, { abs: 1e-6 });
  });

  it('takes a sample as a whole that has nothing masked', async () => {
    const mask = tf.concat([tf.zeros([1, 4, 4, 1]), tf.ones([1, 4, 4, 1]), tf.zeros([1, 4, 4, 1])]);
    const all = await mse(prediction(), target(), { reduction: 'none' }).data();
    for (const region of ['masked', 'visible'] as const) {
      const losses = regionLoss(mse, mask, region)(prediction(), target(), { reduction: 'none' });
      expectClose(await losses.data(), all, { abs: 1e-6, rel: 1e-6 });
    }
    expect(regionLoss(mse, mask, 'all')).toBe(mse);
  });

  it('names what does not fit', () => {
    expect(() => regionLoss(mse, tf.ones([2, 4, 4, 1]))(prediction(), target())).toThrow(
      /^regionLoss: mask\.shape is \[2, 4, 4, 1\]; it must be \[3,4,4,2\], all but the batch also 1\.$/,
    );
    expect(() => regionLoss(mse, tf.ones([3, 1, 1, 1]), 'hidden' as 'masked')).toThrow(
      /^regionLoss: region is 'hidden'; it must be one of 'masked', 'visible', 'all'\.$/,
    );
  });
});
