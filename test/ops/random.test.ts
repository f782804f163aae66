import { beforeAll, describe, expect, it } from 'vitest';
import * as philox from '../../src/internal/philox.js';
import { randomIntegers, randomNormal, randomUniform } from '../../src/ops/random.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const key = { seed: 5, stream: 2, step: 9 };

describe('randomUniform and randomNormal', () => {
  it.each([
    { draw: randomUniform, host: philox.randomUniform },
    { draw: randomNormal, host: philox.randomNormal },
  ])('upload the host sequence: $draw.name', async ({ draw, host }) => {
    const tensor = await expectTensorsKept(1, () => draw([2, 3, 5], key));
    expect(tensor.shape).toEqual([2, 3, 5]);
    expect(tensor.dtype).toBe('float32');
    expect(await tensor.data()).toEqual(host(30, key));
  });
});

describe('randomIntegers', () => {
  it('fills [0, bound) evenly', () => {
    const n = 50_000;
    const values = randomIntegers(n, 50, key);
    const counts = new Array<number>(50).fill(0);
    for (const value of values) counts[value]++;
    expect(counts.length).toBe(50);
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 50) ** 2 / (n / 50), 0);
    expect(Math.abs(chiSquare - 49)).toBeLessThan(5 * Math.sqrt(98));
  });

  it('gives the first n of a longer draw, and others for another step', () => {
    const long = randomIntegers(64, 1000, key);
    expect(randomIntegers(9, 1000, key)).toEqual(long.slice(0, 9));
    expect(randomIntegers(64, 1000, { ...key, step: 10 })).not.toEqual(long);
  });

  it('reaches both ends of the range', () => {
    expect(new Set(randomIntegers(100, 2, key))).toEqual(new Set([0, 1]));
    expect(new Set(randomIntegers(10, 1, key))).toEqual(new Set([0]));
    expect(Math.max(...randomIntegers(1000, 2 ** 24, key))).toBeLessThan(2 ** 24);
  });

  it('draws one of each part of the range when stratified, evenly within it', () => {
    const counts = new Array<number>(30).fill(0);
    for (let step = 0; step < 3000; step++) {
      const values = randomIntegers(4, 30, { ...key, step }, { stratified: true });
      values.forEach((value, i) => {
        expect(Math.abs(value - 7.5 * i - 3.5)).toBeLessThanOrEqual(4);
        counts[value]++;
      });
    }
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(100);
  });

  it.each([0, -1, 2.5, Number.NaN, 2 ** 24 + 1])('refuses bound %d', (bound) => {
    expect(() => randomIntegers(1, bound, key)).toThrow(
      /^randomIntegers: bound is .*; it must be an integer/,
    );
  });
});
