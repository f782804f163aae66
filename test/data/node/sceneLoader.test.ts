import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deflatedTiff } from '../../../bench/writeChips.js';
import { encodeGeoTiff } from '../../../src/data/index.js';
import {
  type ChipBatch,
  type ChipLoaderOptions,
  computeGlobalStatistics,
  createChipLoader,
} from '../../../src/data/node/index.js';
import { GlobalStatistics } from '../../../src/normalization/index.js';
import { startChipServer } from '../chipServer.js';
import { stripedTiff } from '../stripedTiff.js';
import { buildNodeFiles, removeFolder } from './chipFolder.js';

const NODATA = 60_000;
let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;

/** A scene of one uint16 band whose values say where a pixel is; from column `missingFrom` on pixels are missing. */
function writeScene(name: string, width: number, height: number, missingFrom = width): void {
  const data = Uint16Array.from({ length: width * height }, (_, i) => (i % width < missingFrom ? i : NODATA));
  const scene = encodeGeoTiff({ width, height, bands: 1, data, nodata: NODATA });
  writeFileSync(path.join(dataPath, name), scene);
}

beforeAll(async () => {
  dataPath = mkdtempSync(path.join(tmpdir(), 'scenes-'));
  writeScene('wide.tif', 90, 50);
  writeScene('tall.tif', 33, 70);
  writeScene('small.tif', 10, 12);
  writeScene('half.tif', 80, 40, 40);
  writeScene('empty.tif', 40, 40, 0);
  built = await buildNodeFiles('chipWorker');
});
afterAll(() => {
  removeFolder(dataPath);
  removeFolder(built.folder);
});

const rowsOf = (...names: string[]) => names.map((name) => ({ images: [`${name}.tif`] }));
const widths: Record<string, number> = { 'wide.tif': 90, 'tall.tif': 33, 'half.tif': 80 };

async function load(options: Partial<ChipLoaderOptions>, epoch = 0, startBatch = 0): Promise<ChipBatch[]> {
  const loader = await createChipLoader({
    rows: rowsOf('wide', 'tall'),
    dataPath,
    channels: 1,
    batchSize: 4,
    size: [16, 16],
    windows: {},
    normalization: null,
    workers: 0,
    workerUrl: built.urlOf('chipWorker'),
    ...options,
  });
  try {
    const batches: ChipBatch[] = [];
    for await (const batch of loader.epoch(epoch, { startBatch })) batches.push(batch);
    return batches;
  } finally {
    await loader.close();
  }
}

interface WindowOfFile {
  file: string;
  top: number;
  left: number;
}

/** The windows of batches; each chip must hold what its file has there. */
function checked(batches: readonly ChipBatch[]): WindowOfFile[] {
  return batches.flatMap(({ images, windows = [], files, shape }) => {
    expect(windows.length).toBe(shape[0]);
    return windows.map(({ top, left, height, width }, i) => {
      expect([height, width]).toEqual([16, 16]);
      const [file] = files[i];
      const values = images.subarray(i * 256, (i + 1) * 256);
      values.forEach((value, k) => {
        const [row, column] = [top + Math.floor(k / 16), left + (k % 16)];
        if (value !== row * widths[file] + column) expect([file, row, column, value]).toEqual([]);
      });
      return { file, top, left };
    });
  });
}

describe('a loader of windows', () => {
  it('takes of each scene as many as its area holds, anywhere in it, others each epoch', async () => {
    const [first, second] = [checked(await load({})), checked(await load({}, 1))];
    expect(first.map(({ file }) => file)).toEqual([
      ...new Array(17).fill('wide.tif'), // 90 · 50 / 256
      ...new Array(9).fill('tall.tif'), // 33 · 70 / 256
    ]);
    const rows = (await load({})).flatMap((batch) => batch.rows);
    expect(rows).toEqual([...new Array(17).fill(0), ...new Array(9).fill(1)]);
    expect(first).not.toEqual(second);
    const places = [...first, ...second].map(({ file, top, left }) => `${file} ${top} ${left}`);
    expect(new Set(places).size).toBeGreaterThan(40);
    expect(first.some(({ top, left }) => top % 16 !== 0 && left % 16 !== 0)).toBe(true);
    expect(checked(await load({}))).toEqual(first);
  });

  const random = { shuffle: true, seed: 3, augmentation: [{ name: 'flip' }] } as const;

  it.each([1, 3])('gives with %i workers, and resumed, the same to the last bit', async (workers) => {
    for (const at of ['random', 'grid'] as const) {
      const options = { ...random, rows: rowsOf('wide', 'half', 'tall'), windows: { at } };
      const expected = await load(options, 1);
      expect(await load({ ...options, workers }, 1)).toEqual(expected);
      expect(await load({ ...options, workers, cacheBytes: 0 }, 1)).toEqual(expected);
      expect(await load({ ...options, workers }, 1, 3)).toEqual(expected.slice(3));
      const one = { ...options, rows: rowsOf('wide') };
      expect(await load({ ...one, workers }, 1)).toEqual(await load(one, 1));
    }
  });

  it('leaves a window of the grid out of which more is missing than the share, or all', async () => {
    const rows = rowsOf('half');
    const grid = (maxMissing?: number) => load({ rows, windows: { at: 'grid', maxMissing } });
    const count = (batches: ChipBatch[]) => batches.reduce((sum, { shape }) => sum + shape[0], 0);
    // 5 × 2 windows: those of two columns are whole, half of the third's pixels are missing, the others are empty.
    expect(count(await grid(0))).toBe(4);
    expect(count(await grid(0.49))).toBe(4);
    const batches = await grid();
    expect([count(batches), batches.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0)]).toEqual([6, 2]);
    expect(count(await grid(1))).toBe(6);
    expect(await load({ rows: rowsOf('empty'), windows: { maxMissing: 1 } })).toEqual([]);
  });

  it('draws a random window again until it is within the share', async () => {
    const windows = { maxMissing: 0, count: 200 };
    const batches = await load({ rows: rowsOf('half'), windows, batchSize: 50 });
    const places = checked(batches);
    // 37 % of the places are whole: of 16 draws none in 1600 windows.
    expect(places.length).toBe(200);
    for (const { left } of places) expect(left).toBeLessThanOrEqual(24);
    expect(Math.max(...places.map(({ left }) => left))).toBe(24);
  });

  it('pads scenes that are smaller, and crops larger chips at random with a count of 1', async () => {
    const [batch] = await load({ rows: rowsOf('small', 'tall', 'wide'), windows: { count: 1 } });
    expect(batch.shape).toEqual([3, 16, 16, 1]);
    expect(batch.windows?.[0]).toEqual({ top: 0, left: 0, height: 12, width: 10 });
    const padded = [...batch.images.subarray(0, 256)];
    expect(padded[2 * 16 + 3]).toBe(0);
    expect(padded.slice(2 * 16 + 4, 2 * 16 + 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(padded.slice(0, 32)).toEqual(new Array(32).fill(0));
    const crops = await Promise.all([1, 2, 3].map((epoch) => load({ windows: { count: 1 } }, epoch)));
    expect(new Set(crops.map(([{ windows }]) => JSON.stringify(windows))).size).toBe(3);
  });

  it('fills a border with neighbours by larger windows', async () => {
    const options = { buffer: 2, bufferFrom: 'neighbours', size: [12, 12], windows: { at: 'grid' } } as const;
    const batches = await load(options);
    expect(batches[0].shape).toEqual([4, 16, 16, 1]);
    checked(batches);
  });

  it('tells a hash of each row once, another one where the file is another', async () => {
    const heard: [number, string][] = [];
    const onContent = (index: number, hash: string) => heard.push([index, hash]);
    await load({ onContent, rows: rowsOf('wide', 'tall', 'wide'), contentEvery: 2 });
    expect(heard.map(([index]) => index)).toEqual([0, 2]);
    expect(heard[0][1]).toBe(heard[1][1]);
    writeScene('changing.tif', 90, 50);
    await load({ onContent, rows: rowsOf('changing', 'tall') });
    writeScene('changing.tif', 90, 50, 89);
    await load({ onContent, rows: rowsOf('changing', 'tall') });
    expect(heard[2]).toEqual([0, heard[0][1]]);
    expect(heard[4][0]).toBe(0);
    expect(heard[4][1]).not.toBe(heard[0][1]);
  });

  it('leaves out scenes that cannot be read, or stops at them, by name', async () => {
    const rows = rowsOf('wide', 'none', 'tall');
    await expect(load({ rows })).rejects.toThrow('none.tif: cannot be read');
    const files = checked(await load({ rows, onBadChip: 'skip' })).map(({ file }) => file);
    expect(files.length).toBe(26);
    await expect(load({ size: undefined })).rejects.toThrow(
      'size is undefined; it must be given with windows',
    );
    await expect(load({ windows: { count: 0 } })).rejects.toThrow('windows.count is 0');
  });
});

describe('remote scenes', () => {
  const width = 600;
  let server: Awaited<ReturnType<typeof startChipServer>>;
  let deflated: Uint8Array;
  beforeAll(async () => {
    const data = Uint16Array.from({ length: 60 * 60 * 4 }, (_, i) => (i * 2654435761) >>> 17);
    deflated = deflatedTiff(data, 60, 4);
    server = await startChipServer(
      new Map([
        ['/scene.tif', stripedTiff(width, 2000, 16)],
        ['/deflated.tif', deflated],
      ]),
    );
  });
  afterAll(() => server.close());

  it.each([0, 2])('are read by ranges, each part once while it is kept (%i workers)', async (workers) => {
    server.faults();
    const rows = [{ images: [server.urlOf('/scene.tif')] }];
    const windows = { at: 'grid', count: 40 } as const;
    const batches = await load({ rows, windows, workers, prefetch: 1, inspect: 1 });
    const tops = batches.flatMap(({ windows: some = [] }) => some.map(({ top }) => top));
    expect(tops.length).toBe(40);
    for (const { images, windows: some = [] } of batches) {
      some.forEach(({ top, left }, i) => {
        expect(images[i * 256 + 17]).toBe(((top + 1) * 7 + left + 1) % 65536);
      });
    }
    const bytes = server.requests.reduce((sum, { range }) => {
      const [from, to] = (range as string).replace('bytes=', '').split('-').map(Number);
      return sum + to - from + 1;
    }, 0);
    // The header is read by whoever looks at it first, and by each worker.
    const headers = server.requests.filter(({ range }) => range === 'bytes=0-65535');
    expect(headers.length).toBe(Math.max(1, workers) + 1);
    // Of 2.4 MB: a window needs 19 kB, headers are 64 KiB at most.
    expect(bytes).toBeLessThan(40 * 19_200 + (workers + 2) * 65_536);
  });

  it('are unpacked by one decoder, several windows at a time, as from disk', async () => {
    writeFileSync(path.join(dataPath, 'deflated.tif'), deflated);
    const options = { channels: 4, batchSize: 16, windows: { count: 60 }, remote: { attempts: 1 } };
    for (const cacheBytes of [0, 2 ** 20]) {
      const local = await load({ ...options, rows: rowsOf('deflated'), cacheBytes });
      const rows = [{ images: [server.urlOf('/deflated.tif')] }];
      const remote = await load({ ...options, rows, cacheBytes });
      expect(remote.map(({ images }) => images)).toEqual(local.map(({ images }) => images));
    }
  });
});

describe('statistics of scenes', () => {
  it('are those of some windows, the same whatever the number of workers', async () => {
    const rows = rowsOf('wide', 'half');
    const options = { rows, dataPath, channels: 1, size: 16, windows: 5 };
    const { statistics, chips } = await computeGlobalStatistics({ ...options, workers: 0 });
    expect(chips).toBe(2);
    const batches = await load({ rows, windows: { at: 'grid', count: 5, maxMissing: 1 } });
    const expected = new GlobalStatistics({ channels: 1 });
    for (const { images, shape } of batches) {
      for (let i = 0; i < shape[0]; i++) {
        const data = images
          .slice(i * 256, (i + 1) * 256)
          .map((value) => (value === NODATA ? Number.NaN : value));
        expected.add({ height: 16, width: 16, channels: 1, data });
      }
    }
    const { count, min, max, mean } = statistics.summary();
    const known = expected.summary();
    expect([count[0], min, max]).toEqual([known.count[0], known.min, known.max]);
    expect(mean[0]).toBeCloseTo(known.mean[0], 6);
    const workerUrl = built.urlOf('chipWorker');
    const parallel = await computeGlobalStatistics({ ...options, workers: 2, workerUrl });
    expect(parallel.statistics.toJSON()).toEqual(statistics.toJSON());
    await expect(computeGlobalStatistics({ ...options, size: undefined })).rejects.toThrow('size');
    await expect(computeGlobalStatistics({ ...options, windows: 0 })).rejects.toThrow('windows is 0');
  });
});
