import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { gapField } from '../src/conditions/gapField.js';
import { FillScore } from '../src/filling/FillScore.js';
import { layFillWindows } from '../src/filling/layFillWindows.js';
import { openCvFilling } from '../src/filling/openCvFilling.js';
import { fillByMean, fillByNearest } from '../src/filling/otherFillings.js';
import { summarizeFillings } from '../src/filling/summarizeFillings.js';

beforeAll(startTestBackend);

const raster = (width: number, channels: number, data: number[]) => ({
  ...{ width, height: data.length / width / channels, channels },
  data: Float32Array.from(data),
});

describe('windows', () => {
  it.each([
    [100, 32, 8],
    [64, 32, 0],
    [33, 32, 15],
    [32, 32, 8],
    [20, 32, 8],
  ])(
    'of an axis of %i, each %i long, fill each pixel once, %i from their borders',
    (length, window, margin) => {
      const windows = layFillWindows(length, window, margin);
      const filled = windows.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(filled).toEqual(Array.from({ length }, (_, i) => i));
      for (const { start, from, to } of windows) {
        expect(start).toBeGreaterThanOrEqual(0);
        if (length >= window) expect(start + window).toBeLessThanOrEqual(length);
        expect(from - start).toBeGreaterThanOrEqual(start === 0 ? 0 : margin);
        expect(start + window - to).toBeGreaterThanOrEqual(to === length ? 0 : margin);
      }
    },
  );
});

describe('what a network that fills is told', () => {
  it('is the chip but for gaps, and where it is known, by seed and step alone', async () => {
    const images = Float32Array.from({ length: 6 * 16 * 16 * 2 }, (_, i) => 1 + (i % 7));
    const field = (seed: number, steps: number[]) =>
      gapField({
        images: images.slice(0, steps.length * 512),
        shape: [steps.length, 16, 16, 2],
        seed,
        steps,
      });
    const told = await field(3, [0, 1, 2, 3, 4, 5]).data();
    let known = 0;
    for (let pixel = 0; pixel < 6 * 256; pixel++) {
      const isKnown = told[3 * pixel + 2];
      known += isKnown;
      for (const band of [0, 1]) expect(told[3 * pixel + band]).toBe(isKnown * images[2 * pixel + band]);
    }
    expect(known / (6 * 256)).toBeGreaterThan(0.4);
    expect(known / (6 * 256)).toBeLessThan(0.95);
    const wheres = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % 3 === 2);
    const first = await field(3, [4]).data();
    expect(wheres(first)).toEqual(wheres(told).slice(4 * 256, 5 * 256));
    expect(wheres(await field(4, [4]).data())).not.toEqual(wheres(first));
    tf.disposeVariables();
  });
});

describe('fillings', () => {
  it('have a mean and a spread', () => {
    const { mean, spread } = summarizeFillings([1, 2, 6].map((value) => raster(2, 1, [value, 0.1])));
    expect(mean.data[0]).toBeCloseTo(3, 6);
    expect(spread.data[0]).toBeCloseTo(Math.sqrt(7), 6);
    expect([mean.data[1], spread.data[1]]).toEqual([Math.fround(0.1), 0]);
    expect(summarizeFillings([raster(1, 1, [5])]).spread.data[0]).toBe(0);
  });

  it('are scored where gaps are', () => {
    const score = new FillScore(2);
    const truth = raster(2, 2, [0, 0, 10, 20]);
    const mean = raster(2, 2, [99, 99, 13, 24]);
    score.add(truth, [0, 1], {
      mean,
      fillings: [raster(2, 2, [0, 0, 15, 20]), raster(2, 2, [0, 0, 15, 20])],
      spread: raster(2, 2, [0, 0, 3, 2.5]),
    });
    expect(score.result()).toEqual({ rmse: [3, 4], rmseOfOne: [5, 0], within: [0.5, 1] });
    score.add(truth, [0, 1], { mean: raster(2, 2, [0, 0, 10, 20]) });
    expect(score.result().rmse[0]).toBeCloseTo(Math.sqrt(4.5), 6);
  });

  const N = Number.NaN;
  it('by others: the mean, and the nearest pixel', () => {
    const gap = raster(3, 2, [1, 10, N, N, N, N, 3, 30, N, N, 5, 50]);
    expect(Array.from(fillByMean(gap).data)).toEqual([1, 10, 3, 30, 3, 30, 3, 30, 3, 30, 5, 50]);
    expect(Array.from(fillByNearest(gap).data)).toEqual([1, 10, 1, 10, 5, 50, 3, 30, 3, 30, 5, 50]);
  });

  it('by OpenCV: a slope goes on through a line', async () => {
    const fill = await openCvFilling();
    const truth = Array.from({ length: 81 }, (_, i) => (i % 9) * 10 + Math.floor(i / 9) * 3);
    const filled = fill!(
      raster(
        9,
        1,
        truth.map((value, i) => (i % 9 === 4 ? N : value)),
      ),
    );
    for (const [i, value] of truth.entries()) {
      if (i % 9 !== 4) expect(filled.data[i]).toBe(value);
      else expect(Math.abs(filled.data[i] - value)).toBeLessThan(3.5);
    }
  });
});
