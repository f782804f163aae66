import { describe, expect, it } from 'vitest';
import type { Raster } from '../../src/internal/raster.js';
import { type NormalizationOptions, normalizeRaster } from '../../src/normalization/index.js';
import { expectClose } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Case {
  image?: string;
  name?: string;
  input?: FixtureArray;
  normal_strategy: 'min_max' | 'z_value';
  stat_procedure: 'lab' | 'lpb' | 'gab' | 'gpb';
  clip_val: number | null;
  nodata: (number | null)[] | string | null;
  global_stats?: Record<string, number[]> | null;
  raises: string | null;
  output: FixtureArray | null;
}

const fixture = readFixture<{
  tolerance: Record<'min_max' | 'z_value', { abs: number; rel: number }>;
  images: Record<string, FixtureArray>;
  global_stats: Record<string, Record<string, number[]>>;
  cases: Case[];
  special_cases: Case[];
  errors: {
    normal_strategy: string;
    stat_procedure: string;
    clip_val: number | null;
    raises: string | null;
  }[];
}>('normalization.json');

function rasterOf(array: FixtureArray): Raster {
  const [height, width, channels] = array.shape;
  return { height, width, channels, data: new Float32Array(fixtureValues(array)) };
}

function optionsOf(c: Case, input: FixtureArray): NormalizationOptions & { nodata: number[] } {
  const nodata = typeof c.nodata === 'string' ? [0, 65535] : (c.nodata ?? []);
  return {
    strategy: c.normal_strategy,
    procedure: c.stat_procedure,
    clipPercent: c.clip_val ?? 0,
    integers: !input.dtype.startsWith('float'),
    nodata: nodata.filter((value) => value !== null),
    globalStats: c.global_stats ?? (c.image ? fixture.global_stats[c.image] : null),
    compat: 'tutorial',
  };
}

function title(c: Case): string {
  const nodata = JSON.stringify(c.nodata);
  return `${c.name ?? c.image} ${c.normal_strategy} ${c.stat_procedure} clip ${c.clip_val} nodata ${nodata}`;
}

describe('normalization.json', () => {
  const cases = [...fixture.cases, ...fixture.special_cases];
  it.each(cases.map((c) => [title(c), c] as const))('%s', (_, c) => {
    const input = c.input ?? fixture.images[c.image!];
    const raster = rasterOf(input);
    const before = raster.data.slice();
    const options = optionsOf(c, input);
    if (c.output === null) {
      // The reference refuses statistics that are lists; here they are as good as arrays.
      expect(normalizeRaster(raster, options).data.every(Number.isFinite)).toBe(true);
      return;
    }
    const expected = fixtureValues(c.output);
    if (expected.every(Number.isNaN)) {
      expect(() => normalizeRaster(raster, options)).toThrow('no valid pixel');
      return;
    }
    const actual = normalizeRaster(raster, { ...options, onEmpty: 'fill', fill: 0 }).data;
    expect(raster.data).toEqual(before);
    const zeroGuard = /^zero_|constant/.test(c.name ?? '') || expected.some((v) => Math.abs(v) > 1e4);
    const tolerance = fixture.tolerance[c.normal_strategy];
    // Where the reference gives NaN (missing pixels, a division by zero) the result here is finite.
    expected.forEach((value, i) => {
      if (Number.isNaN(value)) expected[i] = actual[i] === 0 ? 0 : Number.NaN;
    });
    expectClose(actual, expected, zeroGuard ? { abs: tolerance.abs, rel: 1e-3 } : tolerance);
  });

  it('gives the same by default where nothing is negative, and fills what is missing', () => {
    const plain = cases.filter((c) => !fixtureValues(c.input ?? fixture.images[c.image!]).some((v) => v < 0));
    expect(plain.length).toBeGreaterThan(20);
    for (const c of plain) {
      const input = c.input ?? fixture.images[c.image!];
      const { compat: _, ...options } = optionsOf(c, input);
      const raster = rasterOf(input);
      const expected = c.output && fixtureValues(c.output);
      if (!expected || expected.some(Number.isNaN)) continue;
      raster.data.forEach((value, i) => {
        if (!Number.isFinite(value) || options.nodata.includes(value)) expected[i] = -7;
      });
      const constant = /^zero_|constant/.test(c.name ?? '');
      const tolerance = fixture.tolerance[c.normal_strategy];
      const { data } = normalizeRaster(raster, { ...options, fill: -7 });
      expectClose(data, expected, constant ? { abs: tolerance.abs, rel: 1e-3 } : tolerance);
    }
  });

  it.each(fixture.errors.filter((e) => e.clip_val === null))(
    'takes a missing clip_val for 0 with $normal_strategy',
    (e) => {
      const image = rasterOf(fixture.images.float64_mixed);
      const options = { strategy: e.normal_strategy, procedure: e.stat_procedure } as NormalizationOptions;
      const missing = normalizeRaster(image, { ...options, clipPercent: undefined });
      expect(missing).toEqual(normalizeRaster(image, { ...options, clipPercent: 0 }));
      expect(missing.data).not.toEqual(normalizeRaster(image, { ...options, compat: 'tutorial' }).data);
    },
  );

  it.each(fixture.errors.filter((e) => e.raises === 'ValueError'))(
    'refuses $normal_strategy $stat_procedure',
    (e) => {
      const image = rasterOf(fixture.images.float64_mixed);
      const options = { strategy: e.normal_strategy, procedure: e.stat_procedure } as NormalizationOptions;
      expect(() => normalizeRaster(image, options)).toThrow('normalizeRaster: ');
      const stats = { min: [1, 2], max: [3, 4], mean: [1, 2], std: [1, 1] };
      expect(() => normalizeRaster(image, { ...options, globalStats: stats })).toThrow(
        /strategy|procedure|4 bands/,
      );
    },
  );
});

describe('normalizeRaster by default', () => {
  const raster = (...data: number[]): Raster => ({
    height: 1,
    width: data.length / 2,
    channels: 2,
    data: new Float32Array(data),
  });

  it('fills missing pixels, in statistics and result, and takes negative values for data', () => {
    const { data } = normalizeRaster(raster(-20, -10, 65535, 0, Number.NaN, -5, 20, -Infinity), {
      nodata: [65535],
    });
    expectClose(data, [0, 0.25, 0, 0.5, 0, 0.375, 1, 0], { abs: 1e-7 });
    const filled = normalizeRaster(raster(1, 3, Number.NaN, 2), {
      strategy: 'z_value',
      procedure: 'lpb',
      fill: -1,
    });
    expectClose(filled.data, [0, 1, -1, -1], { abs: 1e-6 });
  });

  it('reports which pixels miss a band, and no mask where none does', () => {
    const { mask } = normalizeRaster(raster(1, 2, 65535, 4, 5, Number.NaN, 7, 8), { nodata: [65535] });
    expect(mask).toEqual({ height: 1, width: 4, channels: 1, data: new Float32Array([1, 0, 0, 1]) });
    expect(normalizeRaster(raster(1, 2, 3, 4))).not.toHaveProperty('mask');
    const half = normalizeRaster(raster(0, 5, 0, 7), { nodata: [0], procedure: 'lpb', onEmpty: 'fill' });
    expect(half.mask!.data).toEqual(new Float32Array([0, 0]));
  });

  it('compares nodata in float32, as the pixels are', () => {
    const { data } = normalizeRaster(raster(-9999.9, 1, 2, 3), {
      nodata: [-9999.9],
    });
    expectClose(data, [0, 0, 0.5, 1], { abs: 1e-7 });
  });

  it('gives z_value mean 0 and standard deviation 1', () => {
    const values = Array.from({ length: 200 }, (_, i) => 1000 + 50 * Math.sin(i * 1.7) + (i % 2) * 400);
    const { data } = normalizeRaster(raster(...values), { strategy: 'z_value', procedure: 'lpb' });
    for (const band of [0, 1]) {
      const own = data.filter((_, i) => i % 2 === band);
      const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 5);
    }
  });

  it('limits scaled values to ± limit, whatever the strategy, and leaves the parameters as they are', () => {
    const values = [-4, 0, 4, Number.NaN, 1, 8, 3, 2];
    const options = { strategy: 'z_value', procedure: 'lpb', fill: 5 } as const;
    const free = normalizeRaster(raster(...values), options);
    expect(Math.min(...free.data)).toBeLessThan(-0.5);
    const { data, parameters } = normalizeRaster(raster(...values), { ...options, limit: 0.5 });
    const expected = free.data.map((v) => (v === 5 ? 5 : Math.min(0.5, Math.max(-0.5, v))));
    expect(data).toEqual(expected);
    expect(parameters).toEqual(free.parameters);
    const whole = normalizeRaster(raster(0, 1, 2, 10), { limit: 0.15 });
    expectClose(whole.data, [0, 0.1, 0.15, 0.15], { abs: 1e-7 });
  });

  it('refuses a raster or a band without a valid pixel, unless told to fill it', () => {
    expect(() => normalizeRaster(raster(0, 0, 0, 0), { nodata: [0] })).toThrow(
      /no valid pixel in the raster's 4/,
    );
    const half = raster(0, 5, 0, 7);
    expect(() => normalizeRaster(half, { nodata: [0], procedure: 'lpb' })).toThrow('band 0');
    const filled = normalizeRaster(half, { nodata: [0], procedure: 'lpb', onEmpty: 'fill', fill: 0.5 });
    expectClose(filled.data, [0.5, 0, 0.5, 1], { abs: 1e-7 });
  });

  it('names what is wrong with an option', () => {
    expect(() => normalizeRaster(raster(1, 2), { clipPercent: 50 })).toThrow('clipPercent is 50');
    expect(() => normalizeRaster(raster(1, 2), { limit: 0 })).toThrow('limit is 0');
    expect(() => normalizeRaster(raster(1, 2), { procedure: 'gpb', globalStats: { min: [0, 0] } })).toThrow(
      'globalStats.max is undefined',
    );
    const stats = { min: [0, Number.NaN], max: [1, 1] };
    expect(() => normalizeRaster(raster(1, 2), { procedure: 'gpb', globalStats: stats })).toThrow('NaN');
  });
});
