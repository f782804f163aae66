import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGeoTiff } from '../../../src/data/index.js';
import {
  type ComputeGlobalStatisticsOptions,
  computeGlobalStatistics,
  createChipLoader,
} from '../../../src/data/node/index.js';
import { denormalizeRaster, typicalParameters } from '../../../src/normalization/index.js';
import { expectClose } from '../../support/compare.js';
import { buildNodeFiles, makeChipFolder, removeFolder } from './chipFolder.js';

const count = 70;
let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;

/** Values of radar chip i in decibels: file nodata -99, configured nodata -50, NaN. */
const decibels = (i: number) =>
  Float32Array.from({ length: 36 }, (_, k) => {
    if (k === i % 36) return -99;
    if (k === (i + 1) % 36) return -50;
    return k === (i + 2) % 36 ? Number.NaN : -25 + ((i * 7 + k * 3) % 40) / 2.3;
  });

beforeAll(async () => {
  dataPath = makeChipFolder(count);
  for (let i = 0; i < count; i++) {
    const radar = encodeGeoTiff({ width: 6, height: 6, bands: 1, data: decibels(i), nodata: -99 });
    writeFileSync(path.join(dataPath, `radar${i}.tif`), radar);
  }
  built = await buildNodeFiles('chipWorker');
});
afterAll(() => {
  removeFolder(dataPath);
  removeFolder(built.folder);
});

const rowsOf = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ images: [`${i}.tif`, `radar${i}.tif`] }));
const compute = (options: Partial<ComputeGlobalStatisticsOptions> = {}) =>
  computeGlobalStatistics({
    rows: rowsOf(count),
    dataPath,
    channels: 3,
    nodata: [-50],
    workers: 0,
    workerUrl: built.urlOf('chipWorker'),
    ...options,
  });

describe('computeGlobalStatistics', () => {
  it('counts every valid value of the files, in their own units', async () => {
    const { statistics, chips, badChips } = await compute();
    expect([chips, badChips]).toEqual([count, []]);
    const summary = statistics.summary();
    const radar = Array.from({ length: count }, (_, i) => [...decibels(i)].filter((v) => v > -50)).flat();
    // Chip i holds i + k in both bands together.
    const band = (first: number) =>
      Array.from({ length: count * 36 }, (_, n) => Math.floor(n / 36) + 2 * (n % 36) + first);
    [band(0), band(1), radar].forEach((values, k) => {
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      const std = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
      expect(summary.count[k]).toBe(values.length);
      expectClose([summary.min[k], summary.max[k]], [Math.min(...values), Math.max(...values)], { abs: 0 });
      expectClose([summary.mean[k], summary.std[k]], [mean, std], { abs: 1e-9 });
    });
    expect(summary.firstBands).toEqual([0, 0, 2]);
    expectClose(summary.lab.max.slice(0, 2), [71 + (count - 1) / 2, 71 + (count - 1) / 2], { abs: 1e-9 });
  });

  it('takes a list of missing values for each band of the chips', async () => {
    const { statistics } = await compute({ nodata: [[2], [], [-50]] });
    const { count: counts } = (await compute()).statistics.summary();
    const twos = Array.from({ length: count * 36 }, (_, n) => Math.floor(n / 36) + 2 * (n % 36)).filter(
      (v) => v === 2,
    );
    expect(twos.length).toBeGreaterThan(0);
    expect(statistics.summary().count).toEqual([counts[0] - twos.length, counts[1], counts[2]]);
    await expect(compute({ nodata: [[2], [-50]] })).rejects.toThrow(
      'computeGlobalStatistics: nodata.length is 2; it must be 3, a list of values for each band.',
    );
  });

  it('gives the same bits with any number of workers, from a stream as from a list', async () => {
    const expected = JSON.stringify((await compute()).statistics);
    async function* stream() {
      yield* rowsOf(count);
    }
    for (const workers of [1, 2]) {
      expect(JSON.stringify((await compute({ workers, rows: stream() })).statistics)).toBe(expected);
    }
  });

  it('reads no further ahead than its workers need', async () => {
    let taken = 0;
    function* rows() {
      for (const row of rowsOf(count)) {
        taken++;
        yield row;
      }
      for (let i = 0; i < 200; i++) {
        taken++;
        yield { images: ['missing.tif', 'missing.tif'] };
      }
    }
    await expect(compute({ rows: rows() })).rejects.toThrow('missing.tif');
    expect(taken).toBeLessThan(200);
  });

  it('takes fewer pixels with downfactor, and those of the cropped chip with size', async () => {
    const whole = (await compute()).statistics.summary();
    const some = (await compute({ downfactor: 4 })).statistics.summary();
    expect(some.count[0]).toBe(whole.count[0] / 4);
    expect(some.lpb).toEqual(whole.lpb);
    const cropped = (await compute({ size: 2 })).statistics.summary();
    expect(cropped.count[0]).toBe(4 * count);
  });

  it('names a bad chip, or leaves it out and reports it', async () => {
    const rows = [...rowsOf(3), { images: ['gone.tif', 'radar0.tif'] }, { images: ['0.tif'] }];
    await expect(compute({ rows })).rejects.toThrow(/computeGlobalStatistics: .*gone\.tif: cannot be read/);
    const { statistics, chips, badChips } = await compute({ rows, onBadChip: 'skip' });
    expect([chips, badChips.map((chip) => chip.index)]).toEqual([3, [3, 4]]);
    expect(badChips[1].message).toContain('has 2 bands, but channels is 3');
    expect(statistics.toJSON()).toEqual((await compute({ rows: rowsOf(3) })).statistics.toJSON());
    await expect(compute({ rows: [] })).rejects.toThrow('rows is []');
  });

  it('serves the loader as global statistics of several rasters, and brings its chips back', async () => {
    const globalStats = (await compute()).statistics.summary();
    for (const procedure of ['gpb', 'gab'] as const) {
      const normalization = { strategy: 'z_value', procedure, globalStats, nodata: [-50] } as const;
      const loader = await createChipLoader({
        rows: rowsOf(1),
        dataPath,
        channels: 3,
        batchSize: 1,
        workers: 0,
        normalization,
      });
      for await (const { images } of loader.epoch(0)) {
        const parameters = typicalParameters(globalStats, normalization);
        const chip = { height: 6, width: 6, channels: 3, data: images };
        const { data } = denormalizeRaster(chip, parameters);
        const own = decibels(0);
        for (let k = 3; k < 36; k++) {
          expectClose(data.slice(3 * k, 3 * k + 3), [2 * k, 2 * k + 1, own[k]], { abs: 1e-4 });
        }
      }
      await loader.close();
    }
  });
});
