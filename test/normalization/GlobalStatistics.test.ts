import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Raster } from '../../src/internal/raster.js';
import { GlobalStatistics, type GlobalStatisticsState } from '../../src/normalization/index.js';
import { expectClose } from '../support/compare.js';

const raster = (channels: number, data: ArrayLike<number>, width = data.length / channels): Raster => ({
  height: data.length / channels / width,
  width,
  channels,
  data: Float32Array.from(data),
});

/** Statistics of plain values, by their definitions. */
function reference(values: number[]) {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { min: Math.min(...values), max: Math.max(...values), mean, std: Math.sqrt(variance) };
}

/** Chips of one to three bands, some of whose values are missing. */
const chips = fc.integer({ min: 1, max: 3 }).chain((channels) =>
  fc.record({
    channels: fc.constant(channels),
    chips: fc.array(
      fc
        .array(
          fc.oneof(
            fc.float({ noNaN: true, min: -1e4, max: 1e4 }),
            fc.integer({ min: 0, max: 3000 }),
            fc.constantFrom(Number.NaN, -9999, Number.POSITIVE_INFINITY),
          ),
          { minLength: channels, maxLength: 40 },
        )
        .map((values) => raster(channels, values.slice(0, values.length - (values.length % channels)))),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);
const isValid = (value: number) => Number.isFinite(value) && value !== -9999;
const bandValues = (parts: Raster[], band: number) =>
  parts.flatMap(({ data, channels }) => [...data].filter((v, i) => i % channels === band && isValid(v)));

describe('GlobalStatistics', () => {
  it('gives exact moments and percentiles within the stated error, in any partition', () => {
    fc.assert(
      fc.property(chips, fc.nat(), fc.integer({ min: 0, max: 100 }), ({ channels, chips: parts }, cut, p) => {
        const values = Array.from({ length: channels }, (_, band) => bandValues(parts, band));
        fc.pre(values.every((v) => v.length > 0));
        const add = (into: GlobalStatistics, part: Raster) => into.add(part, { nodata: [-9999] });
        const whole = parts.reduce(add, new GlobalStatistics({ channels }));
        const at = cut % (parts.length + 1);
        const merged = parts.slice(0, at).reduce(add, new GlobalStatistics({ channels }));
        const state = parts.slice(at).reduce(add, new GlobalStatistics({ channels })).toJSON();
        merged.merge(GlobalStatistics.fromJSON(JSON.parse(JSON.stringify(state)) as GlobalStatisticsState));
        for (const statistics of [whole, merged]) {
          const summary = statistics.summary();
          const percentiles = statistics.percentile(p);
          values.forEach((own, band) => {
            const expected = reference(own);
            expect(summary.count[band]).toBe(own.length);
            // JSON keeps no sign of zero.
            expect(summary.min[band] + 0).toBe(expected.min + 0);
            expect(summary.max[band] + 0).toBe(expected.max + 0);
            expect(Math.abs(summary.mean[band] - expected.mean)).toBeLessThanOrEqual(1e-8);
            expect(Math.abs(summary.std[band] - expected.std)).toBeLessThanOrEqual(1e-7);
            const sorted = own.sort((a, b) => a - b);
            const position = (p / 100) * (sorted.length - 1);
            const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
            const exact = below + (above - below) * (position - Math.floor(position));
            const bound = 2 ** -10 * Math.max(Math.abs(below), Math.abs(above)) + 1e-37;
            expect(Math.abs(percentiles[band] - exact)).toBeLessThanOrEqual(bound);
          });
        }
        expect(merged.percentile(p)).toEqual(whole.percentile(p));
      }),
    );
  });

  it('knows integers up to 1024 exactly, and is not exact beyond its precision', () => {
    const statistics = new GlobalStatistics({ channels: 1 });
    statistics.add(
      raster(
        1,
        Array.from({ length: 1025 }, (_, i) => i),
      ),
    );
    for (const p of [0, 2, 50, 98, 100]) expect(statistics.percentile(p)[0]).toBeCloseTo(10.24 * p, 9);
    const fine = new GlobalStatistics({ channels: 1 }).add(raster(1, [0, 1000.7, 2000]));
    expect(fine.percentile(50)[0]).not.toBe(Math.fround(1000.7));
    expect(Math.abs(fine.percentile(50)[0] - 1000.7)).toBeLessThanOrEqual(1000.7 / 1024);
  });

  it('keeps its precision where the mean is large against the spread', () => {
    const statistics = new GlobalStatistics({ channels: 1 });
    for (let i = 0; i < 100; i++) statistics.add(raster(1, [2 ** 20, 2 ** 20 + 0.25, 2 ** 20 + 0.5]));
    expect(statistics.summary().std[0]).toBeCloseTo(0.25 * Math.sqrt(2 / 3), 10);
    const constant = new GlobalStatistics({ channels: 1 });
    for (let i = 0; i < 7; i++) constant.add(raster(1, [0.1, 0.1, 0.1]));
    expect(constant.summary()).toMatchObject({ mean: [Math.fround(0.1)], std: [0] });
  });

  it('takes one of downfactor pixels, from all rows and columns, but whole chips for the local means', () => {
    const size = 16;
    const data = Array.from({ length: size * size }, (_, i) => i);
    const all = new GlobalStatistics({ channels: 1 }).add(raster(1, data, size)).summary();
    const some = new GlobalStatistics({ channels: 1, downfactor: 8 }).add(raster(1, data, size)).summary();
    expect(some.count).toEqual([(size * size) / 8]);
    const taken = data.filter((i) => (Math.floor(i / size) + (i % size)) % 8 === 0);
    const { mean, std, min, max } = reference(taken);
    expectClose([...some.mean, ...some.std], [mean, std], { abs: 1e-9 });
    expect([...some.min, ...some.max]).toEqual([min, max]);
    expect(new Set(taken.map((i) => i % size)).size).toBe(size);
    expect(some.lpb).toEqual(all.lpb);
  });

  it('gathers what the local procedures take from an average chip, raster by raster', () => {
    const statistics = new GlobalStatistics({ channels: 3 });
    for (const shift of [0, 10]) {
      statistics.add(raster(2, [1 + shift, 5 + shift, 3 + shift, 9 + shift]));
      statistics.add(raster(1, [-20 + shift, -10 + shift]), { firstBand: 2 });
    }
    statistics.add(raster(2, [Number.NaN, Number.NaN]));
    const summary = statistics.summary();
    expect(summary.firstBands).toEqual([0, 0, 2]);
    expect(summary.lpb).toMatchObject({ min: [6, 10, -15], max: [8, 14, -5], mean: [7, 12, -10] });
    expect(summary.lab).toMatchObject({ min: [6, 6, -15], max: [14, 14, -5], mean: [9.5, 9.5, -10] });
    expectClose(summary.lab.std, [Math.sqrt(8.75), Math.sqrt(8.75), 5], { abs: 1e-12 });
  });

  it('names what does not fit', () => {
    const statistics = new GlobalStatistics({ channels: 2 });
    expect(() => statistics.summary()).toThrow('band 0 (counted from 0) has no valid pixel');
    statistics.add(raster(2, [1, Number.NaN]));
    expect(() => statistics.percentile(5)).toThrow('GlobalStatistics.percentile: band 1');
    expect(() => statistics.percentile(101)).toThrow('percent is 101');
    expect(() => statistics.add(raster(1, [1]), { firstBand: 2 })).toThrow('at most the 2 bands');
    expect(() => statistics.add(raster(1, [1]), { firstBand: 1 })).toThrow('firstBand is 1; it must be 0');
    expect(() => statistics.merge(new GlobalStatistics({ channels: 2, downfactor: 2 }))).toThrow(
      'downfactor 2',
    );
    const other = new GlobalStatistics({ channels: 2 }).add(raster(1, [1]), { firstBand: 1 });
    expect(() => statistics.merge(other)).toThrow('band 1 is of the raster from band 0');
    expect(() => new GlobalStatistics({ channels: 0 })).toThrow('channels is 0');
  });
});
