import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cloudMask } from '../../src/training/cloudMask.js';
import { scanLineMask } from '../../src/training/scanLineMask.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const key = { seed: 5, stream: 30, step: 2 };
const share = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
/** Share of neighbours along rows or columns that are not alike. */
async function edges(mask: tf.Tensor4D, axis: 1 | 2): Promise<number> {
  const side = mask.shape[axis] - 1;
  const size = [...mask.shape];
  size[axis] = side;
  const begin = [0, 0, 0, 0];
  const from = tf.slice(mask, begin, size);
  begin[axis] = 1;
  return share(await tf.abs(tf.sub(from, tf.slice(mask, begin, size))).data());
}

describe('cloudMask', () => {
  it('masks the share that it is told, of each sample by itself', async () => {
    const mask = await expectTensorsKept(1, () => cloudMask([4, 32, 24, 3], { share: [0.25, 0.25], key }));
    expect(mask.shape).toEqual([4, 32, 24, 1]);
    const samples = await Promise.all(tf.unstack(mask).map((sample) => sample.data()));
    for (const sample of samples) {
      expect(new Set(sample)).toEqual(new Set([0, 1]));
      expect(share(sample)).toBe(0.25);
    }
    expect(new Set(samples.map(String)).size).toBe(4);
    const many = cloudMask([40, 16, 16], { share: [0.2, 0.6], key });
    const shares = (await Promise.all(tf.unstack(many).map((one) => one.data()))).map(share);
    expect(Math.min(...shares)).toBeGreaterThan(0.195);
    expect(Math.min(...shares)).toBeLessThan(0.3);
    expect(Math.max(...shares)).toBeGreaterThan(0.5);
    expect(Math.max(...shares)).toBeLessThan(0.605);
  });

  it('masks blobs, the larger the wider clouds are', async () => {
    const at = (size: number) => cloudMask([8, 64, 64], { share: [0.4, 0.4], size, key });
    const [small, large] = [await edges(at(4), 2), await edges(at(24), 2)];
    // Of pixels by themselves 48 % of all neighbours would differ.
    expect(small).toBeLessThan(0.3);
    expect(large).toBeLessThan(small / 1.5);
    expect(Math.abs((await edges(at(24), 1)) / large - 1)).toBeLessThan(0.3);
  });

  it('depends on its key alone, and names what it cannot use', async () => {
    const draw = (step: number) => cloudMask([1, 16, 16], { key: { ...key, step } }).data();
    expect(await draw(2)).toEqual(await draw(2));
    expect(await draw(2)).not.toEqual(await draw(3));
    expect(() => cloudMask([1, 8], { key })).toThrow(/^cloudMask: shape\[2\] is undefined/);
    expect(() => cloudMask([1, 8, 8], { key, share: [0.5, 0.2] })).toThrow(/^cloudMask: share\[1\] is 0\.2/);
    expect(() => cloudMask([1, 8, 8], { key, size: 0 })).toThrow(/^cloudMask: size is 0/);
  });
});

describe('scanLineMask', () => {
  it('masks lines across the image, at least a pixel wide', async () => {
    const level = await expectTensorsKept(1, () =>
      scanLineMask([2, 40, 8], { share: [0.25, 0.25], period: [8, 8], slope: 0, key }),
    );
    for (const sample of tf.unstack(tf.squeeze(level, [3]) as tf.Tensor3D) as tf.Tensor2D[]) {
      const rows = await sample.array();
      for (const row of rows) expect(new Set(row).size).toBe(1);
      expect(share(rows.map(([first]) => first))).toBe(0.25);
      rows.slice(8).forEach((row, y) => {
        expect(row).toEqual(rows[y]);
      });
    }
    const thin = scanLineMask([1, 40, 8], { share: [0, 0], period: [10, 10], slope: 0, key });
    expect(share(await thin.data())).toBeCloseTo(0.1, 6);
  });

  it('slopes, and lies elsewhere in each sample', async () => {
    const sloping = scanLineMask([6, 64, 64], { slope: 30, key });
    expect(await edges(sloping, 2)).toBeGreaterThan(0.01);
    expect(await edges(sloping, 2)).toBeLessThan(await edges(sloping, 1));
    const samples = await Promise.all(tf.unstack(sloping).map((sample) => sample.data()));
    expect(new Set(samples.map(String)).size).toBe(6);
    for (const sample of samples) {
      expect(share(sample)).toBeGreaterThan(0.1);
      expect(share(sample)).toBeLessThan(0.5);
    }
  });

  it('names what it cannot use', () => {
    expect(() => scanLineMask([1, 8, 0], { key })).toThrow(/^scanLineMask: shape\[2\] is 0/);
    expect(() => scanLineMask([1, 8, 8], { key, share: [0, 2] })).toThrow(/^scanLineMask: share\[1\] is 2/);
    expect(() => scanLineMask([1, 8, 8], { key, period: [0, 2] })).toThrow(/^scanLineMask: period\[0\] is 0/);
    expect(() => scanLineMask([1, 8, 8], { key, slope: 90 })).toThrow(/^scanLineMask: slope is 90/);
  });
});
