import { describe, expect, it } from 'vitest';
import { decodeChip, encodeGeoTiff } from '../../src/data/index.js';
import { randomUniform } from '../../src/internal/philox.js';
import {
  denormalizeRaster,
  GlobalStatistics,
  normalizeRaster,
  type Raster,
  typicalParameters,
} from '../../src/normalization/index.js';

const CHANNELS = 3;

/** Three bands that nearly say the same, in units of their own. */
function correlated(pixels: number, seed: number): Raster {
  const drawn = randomUniform(pixels * CHANNELS, { seed, stream: 0, step: 0 });
  const data = new Float32Array(pixels * CHANNELS);
  for (let i = 0; i < pixels; i++) {
    const [a, b, c] = drawn.slice(i * CHANNELS, (i + 1) * CHANNELS);
    data.set([1000 + 300 * a, 20 - 5 * (a + 0.1 * b), 0.1 * (a + 0.05 * b + 0.2 * c)], i * CHANNELS);
  }
  return { height: 1, width: pixels, channels: CHANNELS, data };
}

function covariance({ data, channels }: Raster): number[][] {
  const count = data.length / channels;
  const mean = Array.from({ length: channels }, (_, k) =>
    data.reduce((sum, value, i) => sum + (i % channels === k ? value : 0) / count, 0),
  );
  return mean.map((a, k) =>
    mean.map((b, j) => {
      let sum = 0;
      for (let i = 0; i < data.length; i += channels) sum += (data[i + k] - a) * (data[i + j] - b);
      return sum / count;
    }),
  );
}

describe('whiten', () => {
  const raster = correlated(4000, 1);
  const globalStats = new GlobalStatistics({ channels: CHANNELS }).add(raster).summary();
  const options = { strategy: 'whiten', procedure: 'gpb', globalStats } as const;

  it('leaves bands uncorrelated with variance 1, each nearest to its own', () => {
    expect(Math.abs(globalStats.correlation[0][1])).toBeGreaterThan(0.9);
    const whitened = normalizeRaster(raster, options);
    for (const [k, row] of covariance(whitened).entries()) {
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(Number(j === k), 4);
    }
    // The matrix is symmetric and positive: of all such the one that changes bands least.
    const { mixing } = whitened.parameters;
    for (let k = 0; k < CHANNELS; k++) {
      expect(mixing![k][k]).toBeGreaterThan(0);
      for (let j = 0; j < CHANNELS; j++) expect(mixing![k][j]).toBeCloseTo(mixing![j][k], 12);
    }
  });

  it('is undone by denormalizeRaster, with the parameters of the chip or those of the data set', () => {
    const whitened = normalizeRaster(raster, options);
    for (const parameters of [whitened.parameters, typicalParameters(globalStats, options)]) {
      const back = denormalizeRaster(whitened, parameters).data;
      for (let i = 0; i < back.length; i++) expect(Math.abs(back[i] / raster.data[i] - 1)).toBeLessThan(1e-4);
    }
  });

  it('gathers correlations in parts as in one, whatever the order and from plain data', () => {
    const parts = [7, 1200, 2793].map((_, k, sizes) => {
      const begin = sizes.slice(0, k).reduce((sum, size) => sum + size, 0) * CHANNELS;
      const data = raster.data.slice(begin, begin + sizes[k] * CHANNELS);
      return new GlobalStatistics({ channels: CHANNELS }).add({ ...raster, width: sizes[k], data });
    });
    const merged = new GlobalStatistics({ channels: CHANNELS });
    for (const part of parts) merged.merge(GlobalStatistics.fromJSON(JSON.parse(JSON.stringify(part))));
    for (const [k, row] of merged.summary().correlation.entries()) {
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(globalStats.correlation[k][j], 10);
    }
  });

  it('fills a pixel that is missing in one band in all of them, and says so in the mask', () => {
    const data = raster.data.slice(0, 4 * CHANNELS);
    data[4] = Number.NaN;
    const { data: out, mask } = normalizeRaster({ ...raster, width: 4, data }, { ...options, fill: 7 });
    expect([...out.subarray(3, 6)]).toEqual([7, 7, 7]);
    expect([...mask!.data]).toEqual([1, 0, 1, 1]);
    const whole = normalizeRaster(raster, options).data;
    expect([...out.subarray(6, 12)]).toEqual([...whole.subarray(6, 12)]);
  });

  it('takes the rasters of a chip each for itself, and is undone there too', async () => {
    const [left, right] = [correlated(16, 2), correlated(16, 3)];
    const statistics = new GlobalStatistics({ channels: 2 * CHANNELS });
    for (const [i, part] of [left, right].entries()) statistics.add(part, { firstBand: i * CHANNELS });
    const summary = statistics.summary();
    expect(summary.correlation[0][CHANNELS]).toBe(0);
    const files = [left, right].map(({ data }, i) => ({
      name: `${i}.tif`,
      bytes: encodeGeoTiff({ width: 16, height: 1, bands: CHANNELS, data }),
    }));
    const normalization = { ...options, globalStats: summary };
    const chip = await decodeChip(files, { channels: 2 * CHANNELS, normalization });
    const back = denormalizeRaster(chip, chip.parameters);
    const typical = denormalizeRaster(chip, typicalParameters(summary, options));
    for (let i = 0; i < 16; i++) {
      for (let k = 0; k < CHANNELS; k++) {
        const [a, b] = [left.data[i * CHANNELS + k], right.data[i * CHANNELS + k]];
        for (const { data } of [back, typical]) {
          expect(data[i * 2 * CHANNELS + k] / a).toBeCloseTo(1, 4);
          expect(data[i * 2 * CHANNELS + CHANNELS + k] / b).toBeCloseTo(1, 4);
        }
      }
    }
  });

  it('raises no direction that holds nothing but rounding', () => {
    const data = Float32Array.from({ length: 300 }, (_, i) => Math.floor(i / 3));
    const same: Raster = { height: 1, width: 100, channels: 3, data };
    const stats = new GlobalStatistics({ channels: 3 }).add(same).summary();
    const { data: out } = normalizeRaster(same, { ...options, globalStats: stats });
    expect(Math.max(...out.map(Math.abs))).toBeLessThan(2);
  });

  it.each([
    ['another procedure', { procedure: 'lpb' }, /procedure.* is 'lpb'; it must be one of 'gpb'/],
    ['the tutorial', { compat: 'tutorial' }, /compat/],
    [
      'statistics without correlations',
      { globalStats: { mean: [1, 2, 3], std: [1, 2, 3] } },
      /globalStats.correlation/,
    ],
    ['another number of bands', { globalStats: { ...globalStats, correlation: [[1]] } }, /3 bands/],
    [
      'correlations beyond 1',
      { globalStats: { ...globalStats, correlation: Array(3).fill([2, 2, 2]) } },
      /correlation/,
    ],
  ])('refuses %s by name', (_, changed, message) => {
    expect(() => normalizeRaster(raster, { ...options, ...changed } as never)).toThrow(message);
  });
});
