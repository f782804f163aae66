import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGeoTiff } from '../../../src/data/index.js';
import {
  type ChipLoaderOptions,
  computeGlobalStatistics,
  createChipLoader,
  openRaster,
  readChipHeader,
} from '../../../src/data/node/index.js';
import { typicalParameters } from '../../../src/normalization/index.js';
import { buildNodeFiles, removeFolder } from './chipFolder.js';

let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;
const SIDE = 8;
const VALUES: Record<string, number> = { blue: 100, green: 200, red: 300, nir: 400, vv: -20, vh: -30 };

/** A chip whose values tell its number, the band and the pixel; scale tags and other bands are of no matter. */
function write(name: string, bandNames: string[], chip: number): void {
  const bands = bandNames.length;
  const data = Float32Array.from(
    { length: SIDE * SIDE * bands },
    (_, i) => VALUES[bandNames[i % bands]] + chip + Math.floor(i / bands) / 100,
  );
  writeFileSync(
    path.join(dataPath, name),
    encodeGeoTiff({ width: SIDE, height: SIDE, bands, data, bandNames }),
  );
}

beforeAll(async () => {
  dataPath = mkdtempSync(path.join(tmpdir(), 'chosen-'));
  const orders = [
    ['blue', 'green', 'red', 'nir'],
    ['nir', 'red', 'green', 'blue'],
    ['red', 'blue', 'nir', 'green'],
  ];
  orders.forEach((order, chip) => {
    write(`${chip}.tif`, order, chip);
    write(`${chip}-radar.tif`, ['vv', 'vh'], chip);
  });
  built = await buildNodeFiles('chipWorker');
});
afterAll(() => {
  removeFolder(dataPath);
  removeFolder(built.folder);
});

const rows = [0, 1, 2].map((chip) => ({ images: [`${chip}.tif`, `${chip}-radar.tif`] }));
const BANDS = ['vh', 'nir', 5, 'green'];

async function firstBatch(options: Partial<ChipLoaderOptions> = {}) {
  const loader = await createChipLoader({
    ...{ rows, dataPath, channels: 4, bands: BANDS, batchSize: 3, normalization: null, workers: 0 },
    workerUrl: built.urlOf('chipWorker'),
    ...options,
  });
  try {
    for await (const batch of loader.epoch(0)) return batch;
    throw new Error('no batch');
  } finally {
    await loader.close();
  }
}
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Math.round(1000 * value) / 1000);

describe('chosen bands of the chip loader', () => {
  it.each([0, 1])('are those of their names in every chip, with %i workers', async (workers) => {
    const { images, shape } = await firstBatch({ workers });
    expect(shape).toEqual([3, SIDE, SIDE, 4]);
    const values = SIDE * SIDE * 4;
    for (const chip of [0, 1, 2]) {
      const second = images.subarray(chip * values + 4, chip * values + 8);
      expect(rounded(second)).toEqual([-30, 400, -20, 200].map((value) => value + chip + 0.01));
    }
  });

  it('are of windows too', async () => {
    const { images, windows, shape } = await firstBatch({ size: 4, windows: { at: 'grid' }, batchSize: 12 });
    expect(shape).toEqual([12, 4, 4, 4]);
    const [, { top, left }] = windows!;
    const pixel = (top * SIDE + left) / 100;
    expect(rounded(images.subarray(64, 68))).toEqual(rounded([-30, 400, -20, 200].map((v) => v + pixel)));
  });

  it('have statistics of their own, in their order, each raster apart', async () => {
    const { statistics, warnings } = await computeGlobalStatistics({
      ...{ rows, dataPath, channels: 4, bands: BANDS, workers: 0 },
      nodata: [[], [400], [], []],
    });
    expect(warnings).toEqual([]);
    const { min, max, firstBands, count, lab } = statistics.summary();
    expect(rounded(min)).toEqual([-30, 400.01, -20, 200]);
    expect(rounded(max)).toEqual([-27.37, 402.63, -17.37, 202.63]);
    expect(count).toEqual([192, 191, 192, 192]);
    expect(firstBands).toEqual([0, 1, 0, 1]);
    // Of each raster by itself: the radar's from vh to vv, the other's from green to near infrared.
    expect(rounded(lab.min)).toEqual([-29, 201, -29, 201]);
    const { offset } = typicalParameters(statistics.summary(), { procedure: 'gab' });
    expect(offset[0]).toBe(offset[2]);
    expect(offset[1]).toBe(offset[3]);
    expect(rounded([offset[0], offset[1]])).toEqual([-25, 300.005]);
  });

  it('must be in each chip: one without is bad', async () => {
    write('odd.tif', ['blue', 'green', 'red', 'red'], 3);
    const odd = [...rows, { images: ['odd.tif', '0-radar.tif'] }];
    await expect(firstBatch({ rows: odd })).rejects.toThrow(
      "0-radar.tif: no band is named 'nir'; it has the bands 1 'blue', 2 'green', 3 'red', 4 'red', 5 'vv', 6 'vh'.",
    );
    const { images } = await firstBatch({ rows: odd, onBadChip: 'skip' });
    expect(images).toHaveLength(3 * SIDE * SIDE * 4);
  });

  it('must be as many as channels says', async () => {
    await expect(firstBatch({ channels: 3 })).rejects.toThrow(
      'createChipLoader: channels is 3; it must be 4',
    );
    await expect(firstBatch({ bands: [0] })).rejects.toThrow('createChipLoader: bands[0] is 0');
    const wrong = computeGlobalStatistics({ rows, dataPath, channels: 1, bands: ['', 'a'] });
    await expect(wrong).rejects.toThrow("computeGlobalStatistics: bands[0] is ''");
  });
});

describe('channels', () => {
  it('are by default as many as are chosen, or as the first chip has', async () => {
    expect((await firstBatch({ channels: undefined })).shape[3]).toBe(4);
    expect((await firstBatch({ channels: undefined, bands: undefined })).shape[3]).toBe(6);
    const missing = [{ images: ['none.tif', '0-radar.tif'] }, ...rows];
    const options = { channels: undefined, bands: undefined, rows: missing };
    await expect(firstBatch(options)).rejects.toThrow(/^createChipLoader: .*none\.tif/);
    expect((await firstBatch({ ...options, onBadChip: 'skip' })).indices).toEqual([1, 2, 3]);
    await expect(firstBatch({ ...options, rows: [missing[0]], onBadChip: 'skip' })).rejects.toThrow(
      'none.tif',
    );
  });
});

describe('openRaster', () => {
  it('reads chosen bands of a window, and names those of the file', async () => {
    const raster = await openRaster('1.tif', { dataPath });
    expect(raster.info.bandNames).toEqual(['nir', 'red', 'green', 'blue']);
    expect((await readChipHeader('1.tif', { dataPath })).bandNames).toEqual(raster.info.bandNames);
    const part = { top: 0, left: 1, height: 1, width: 2 };
    const { data, bandNames } = await raster.read(part, { bands: ['blue', 1] });
    expect(rounded(data)).toEqual([101.01, 401.01, 101.02, 401.02]);
    expect(bandNames).toEqual(['blue', 'nir']);
    await expect(raster.read(part, { bands: [5] })).rejects.toThrow('there is no band 5');
    raster.close();
  });
});
