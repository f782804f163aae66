import { describe, expect, it } from 'vitest';
import {
  philox4x32,
  type RandomKey,
  randomNormal,
  randomUniform,
  randomWords,
  uniformGenerator,
} from '../../src/internal/philox.js';

describe('philox4x32', () => {
  const hex = (words: string) => words.split(' ').map((word) => Number.parseInt(word, 16));
  /** The known answers that Random123 publishes for philox4x32 with ten rounds. */
  it.each([
    {
      counter: '00000000 00000000 00000000 00000000',
      key: '00000000 00000000',
      words: '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
    },
    {
      counter: 'ffffffff ffffffff ffffffff ffffffff',
      key: 'ffffffff ffffffff',
      words: '408f276d 41c83b0e a20bc7c6 6d5451fd',
    },
    {
      counter: '243f6a88 85a308d3 13198a2e 03707344',
      key: 'a4093822 299f31d0',
      words: 'd16cfe09 94fdcceb 5001e420 24126ea1',
    },
  ])('counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(6);
    philox4x32(hex(counter) as [number, number, number, number], hex(key) as [number, number], out, 1);
    expect([...out]).toEqual([0, ...hex(words), 0]);
  });

  it('is keyed by both halves of the seed and counts block, step and stream', () => {
    const expected = new Uint32Array(4);
    philox4x32([1, 5, 7, 0], [3, 2], expected);
    const words = randomWords(8, { seed: 2 * 2 ** 32 + 3, stream: 7, step: 5 });
    expect(words.slice(4)).toEqual(expected);
  });
});

const key: RandomKey = { seed: 20261121, stream: 3, step: 11 };
const otherKeys: RandomKey[] = [
  { ...key, seed: key.seed + 1 },
  { ...key, seed: key.seed + 2 ** 32 },
  { ...key, stream: key.stream + 1 },
  { ...key, step: key.step + 1 },
  { ...key, stream: key.step, step: key.stream },
];
const n = 40_000;
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
const moment = (values: ArrayLike<number>, center: number, power: number) =>
  mean(Array.from(values, (v) => (v - center) ** power));

describe('randomUniform', () => {
  const values = randomUniform(n, key);

  it('is in [0, 1), in multiples of 2^-24', () => {
    expect(values.every((v) => v >= 0 && v < 1 && Number.isInteger(v * 2 ** 24))).toBe(true);
  });

  it('has the moments of a uniform, within five standard errors', () => {
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(moment(values, 1 / 2, 2) - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
  });

  it('fills all bins alike, also in pairs of neighbours', () => {
    for (const [bins, binOf] of [
      [64, (i: number) => Math.floor(values[i] * 64)],
      [64, (i: number) => 8 * Math.floor(values[i] * 8) + Math.floor(values[(i + 1) % n] * 8)],
    ] as const) {
      const counts = new Array<number>(bins).fill(0);
      for (let i = 0; i < n; i++) counts[binOf(i)]++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - n / bins) ** 2 / (n / bins), 0);
      // 63 degrees of freedom: 63 ± 5·√126.
      expect(Math.abs(chiSquare - 63)).toBeLessThan(5 * Math.sqrt(126));
    }
  });
});

describe('randomNormal', () => {
  const values = randomNormal(n, key);

  it('has the moments of a standard normal, within five standard errors', () => {
    expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(values, 0, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(values, 0, 3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(values, 0, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('has the tails of a standard normal', () => {
    const beyond = values.filter((v) => Math.abs(v) > 2).length / n;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(5 * Math.sqrt((0.0455 * 0.9545) / n));
  });

  it('has independent neighbours', () => {
    const products = values.subarray(1).map((v, i) => v * values[i]);
    expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(n));
    const squares = values.subarray(1).map((v, i) => (v * v - 1) * (values[i] * values[i] - 1));
    expect(Math.abs(mean(squares))).toBeLessThan((5 * 2) / Math.sqrt(n));
  });
});

describe('sequences', () => {
  it.each([randomWords, randomUniform, randomNormal])(
    '%o: the first n of a longer draw are the same',
    (draw) => {
      const long = draw(101, key);
      for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 50, 101]) {
        expect(draw(count, key)).toEqual(long.slice(0, count));
      }
    },
  );

  it.each(otherKeys)('of another key are uncorrelated: %o', (other) => {
    const [a, b] = [randomNormal(n, key), randomNormal(n, other)];
    expect(Math.abs(mean(a.map((v, i) => v * b[i])))).toBeLessThan(5 / Math.sqrt(n));
    expect(randomWords(8, other)).not.toEqual(randomWords(8, key));
  });

  it('uniformGenerator gives the words one by one', () => {
    const next = uniformGenerator(key);
    expect(Array.from({ length: 10 }, next)).toEqual(Array.from(randomWords(10, key), (w) => w / 2 ** 32));
  });

  it.each([
    { ...key, seed: Number.NaN },
    { ...key, seed: -1 },
    { ...key, stream: 2 ** 32 },
    { ...key, step: 0.5 },
  ])('refuses %o', (bad) => {
    const message = /^RandomKey: (seed|stream|step) is .*; it must be an integer /;
    expect(() => randomUniform(1, bad)).toThrow(message);
    expect(() => uniformGenerator(bad)).toThrow(message);
  });
});
