import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deflatedTiff } from '../../../bench/writeChips.js';
import { decodeGeoTiff, type GeoTiff, type PixelWindow } from '../../../src/data/index.js';
import { openRaster } from '../../../src/data/node/index.js';
import { type OpenTiff, openTiff } from '../../../src/data/tiff/openTiff.js';
import { memorySource } from '../../../src/data/tiff/TiffSource.js';
import { startChipServer } from '../chipServer.js';
import { stripedTiff } from '../stripedTiff.js';

const dataPath = fileURLToPath(new URL('../rasters', import.meta.url));
const bytesOf = (name: string) => readFileSync(path.join(dataPath, name));
const { files } = JSON.parse(bytesOf('expected.json').toString()) as {
  files: { name: string; msk: boolean }[];
};

/** Layouts of all kinds: codecs, strips, tiles, band orders, masks inside and beside the file, sparse files. */
const readable: { name: string; whole: GeoTiff }[] = [];
beforeAll(async () => {
  for (const { name, msk } of files) {
    const mask = msk ? bytesOf(`${name}.tif.msk`) : undefined;
    const whole = await decodeGeoTiff(bytesOf(`${name}.tif`), { mask }).catch(() => undefined);
    if (whole) readable.push({ name, whole });
  }
});

const cut = <T>(values: ArrayLike<T>, { width, bands }: GeoTiff, window: PixelWindow): T[] => {
  const part: T[] = [];
  for (let row = window.top; row < window.top + window.height; row++) {
    const from = (row * width + window.left) * bands;
    for (let i = from; i < from + window.width * bands; i++) part.push(values[i]);
  }
  return part;
};

describe('openRaster', () => {
  it('checks the whole of a strip or tile when it reads of it for the first time', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'damaged-'));
    const bytes = deflatedTiff(new Uint16Array(60 * 60 * 4).fill(7), 60, 4);
    bytes[bytes.length - 1] ^= 1; // Of the checksum of the last strip, which begins in row 51.
    writeFileSync(path.join(folder, 'a.tif'), bytes);
    const scene = await openRaster('a.tif', { dataPath: folder });
    const window = { top: 50, left: 3, height: 1, width: 2 };
    expect([...(await scene.read(window)).data]).toEqual(new Array(8).fill(7));
    await expect(scene.read({ ...window, top: 51 })).rejects.toThrow('cannot be inflated');
    scene.close();
    rmSync(folder, { recursive: true });
  });

  // Without a cache each block is unpacked again, of those that can be cut only as far as needed.
  it.each([2 ** 26, 0])(
    'reads of every layout the part of a window that the whole raster has there (cache %i)',
    async (cacheBytes) => {
      expect(readable.length).toBeGreaterThan(60);
      for (const { name, whole } of readable) {
        const { width, height } = whole;
        const scene = await openRaster(`${name}.tif`, { dataPath, cacheBytes });
        const windows = [
          { top: 0, left: 0, height: Math.ceil(height / 3), width: Math.ceil(width / 2) },
          {
            top: Math.floor(height / 2),
            left: Math.floor(width / 3),
            height: Math.ceil(height / 2),
            width: 1,
          },
          { top: 0, left: 0, height, width },
        ];
        for (const window of [...windows, ...windows]) {
          const { data, valid, transform, ...part } = await scene.read(window);
          expect([name, part.height, part.width, part.bands]).toEqual([
            name,
            window.height,
            window.width,
            whole.bands,
          ]);
          expect([...data], name).toEqual(cut(whole.data, whole, window));
          const ones = new Array(data.length).fill(1);
          expect(valid ? [...valid] : ones, name).toEqual(
            whole.valid ? cut(whole.valid, whole, window) : ones,
          );
          if (!whole.transform || !transform) continue;
          const [a, b, c, d, e, f] = whole.transform;
          const { top, left } = window;
          expect(transform[2]).toBeCloseTo(a * left + b * top + c, 6);
          expect(transform[5]).toBeCloseTo(d * left + e * top + f, 6);
        }
        scene.close();
      }
    },
  );

  it('refuses a window that leaves the raster, and goes on', async () => {
    const scene = await openRaster('codecs-024.tif', { dataPath });
    const { width, height } = scene.info;
    for (const window of [
      { top: 0, left: 1, height, width },
      { top: -1, left: 0, height: 2, width: 2 },
      { top: 0, left: 0, height: 0, width: 1 },
      { top: 0.5, left: 0, height: 1, width: 1 },
    ]) {
      await expect(scene.read(window)).rejects.toThrow(`within ${height} rows and ${width} columns`);
    }
    expect((await scene.read([1, 1])).data.length).toBe(scene.info.bands);
    scene.close();
    await expect(openRaster('')).rejects.toThrow("image is ''");
    await expect(openRaster('none.tif', { dataPath })).rejects.toThrow('none.tif: cannot be read');
  });
});

describe('a remote raster', () => {
  const bytes = stripedTiff(600, 2000, 16);
  let server: Awaited<ReturnType<typeof startChipServer>>;
  beforeAll(async () => {
    server = await startChipServer(new Map([['/scene.tif', bytes]]));
  });
  afterAll(() => server.close());

  it('is fetched strip by strip, those that are kept not again, those under way by one request', async () => {
    const scene = await openRaster(server.urlOf('/scene.tif'), { cacheBytes: 2 ** 20 });
    const window = { top: 1000, left: 5, height: 20, width: 3 };
    const [first, second] = await Promise.all([scene.read(window), scene.read(window)]);
    const expected = Array.from({ length: 60 }, (_, i) => (1000 + Math.floor(i / 3)) * 7 + 5 + (i % 3));
    expect([...first.data]).toEqual(expected);
    expect(second.data).toEqual(first.data);
    expect(server.requests.length).toBe(2); // The header, and strips 62 and 63.
    await scene.read({ ...window, left: 590 });
    expect(server.requests.length).toBe(2);
    const total = server.requests.slice(1).reduce((sum, { range }) => {
      const [from, to] = (range as string).replace('bytes=', '').split('-').map(Number);
      return sum + to - from + 1;
    }, 0);
    expect(total).toBe(2 * 16 * 1200);
  });
});

describe('the fingerprint of a file', () => {
  const of = async (bytes: Uint8Array) => {
    const file: OpenTiff = await openTiff(memorySource(bytes));
    return Buffer.concat(await file.fingerprint()).toString('base64');
  };

  it('tells other headers, block lengths and bytes, and reads a part of the file', async () => {
    const bytes = stripedTiff(600, 2000, 16);
    const before = await of(bytes);
    expect(await of(bytes.slice())).toBe(before);
    expect(before.length).toBeLessThan(bytes.length / 4);
    const changed = bytes.slice();
    changed[changed.length - 2000 * 1200]++; // The first pixel.
    expect(await of(changed)).not.toBe(before);
    expect(await of(stripedTiff(600, 2000, 8))).not.toBe(before);
    expect(await of(stripedTiff(600, 2016, 16))).not.toBe(before);
  });
});
