import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeChip, decodeGeoTiff, encodeGeoTiff } from '../../../src/data/index.js';
import { type ChipLoaderOptions, createChipLoader, readChipHeader } from '../../../src/data/node/index.js';

const dataPath = mkdtempSync(path.join(tmpdir(), 'masks-'));
afterAll(() => rmSync(dataPath, { recursive: true }));
const rasters = new URL('../rasters/', import.meta.url);
const { files } = JSON.parse(readFileSync(new URL('expected.json', rasters), 'utf8'));
/** A raster with a `.msk` file beside it that masks some pixels. */
const masked = files.find(({ msk, valid }: { msk: boolean; valid: string | null }) => msk && valid);

async function firstBatch(rows: string[], options: Partial<ChipLoaderOptions>) {
  const loader = await createChipLoader({
    rows: rows.map((image) => ({ images: [image] })),
    dataPath,
    channels: 1,
    batchSize: rows.length,
    workers: 0,
    ...options,
  });
  const { value } = await loader.epoch(0).next();
  if (!value) throw new Error('no batch');
  return value;
}

describe('missing pixels of chips', () => {
  it('are those of a .msk file beside the raster', async () => {
    for (const suffix of ['.tif', '.tif.msk']) {
      copyFileSync(new URL(`${masked.name}${suffix}`, rasters), path.join(dataPath, `a${suffix}`));
    }
    const bytes = readFileSync(path.join(dataPath, 'a.tif'));
    const mask = readFileSync(path.join(dataPath, 'a.tif.msk'));
    const { data, valid, alphaBand, bands } = await decodeGeoTiff(bytes, { mask });
    const channels = alphaBand === null ? bands : bands - 1;
    const chip = await decodeChip([{ name: 'a.tif', bytes, mask }], { channels, normalization: {} });
    const { images } = await firstBatch(['a.tif'], { channels });
    expect(images).toEqual(chip.data);
    const present = Array.from(data, (value, i) => ({ value, i })).filter(
      ({ i }) => valid?.[i] === 1 && i % bands !== alphaBand,
    );
    const least = Math.min(...present.map(({ value }) => value));
    const greatest = Math.max(...present.map(({ value }) => value));
    expect(chip.parameters.offset[0]).toBe(least);
    expect(chip.parameters.scale[0]).toBe(Math.max(greatest - least, 1e-6));
    expect(chip.mask?.data.includes(0)).toBe(true);
  });

  it('are those where alpha is 0, which is no band unless channels counts it', async () => {
    const pixels = [10, 20, 30, 255, 40, 50, 60, 0, 70, 80, 90, 128, 11, 21, 31, 1];
    const file = encodeGeoTiff({ width: 2, height: 2, bands: 4, data: Uint8Array.from(pixels) });
    const view = new DataView(file.buffer);
    for (let entry = 10; entry < 10 + 12 * view.getUint16(8, true); entry += 12) {
      // Grey becomes RGB, and three extra samples one that is alpha.
      if (view.getUint16(entry, true) === 262) view.setUint16(entry + 8, 2, true);
      if (view.getUint16(entry, true) !== 338) continue;
      view.setUint32(entry + 4, 1, true);
      view.setUint16(entry + 8, 2, true);
    }
    writeFileSync(path.join(dataPath, 'rgba.tif'), file);
    expect(await readChipHeader('rgba.tif', { dataPath })).toMatchObject({ bands: 4, alphaBand: 3 });
    const three = await firstBatch(['rgba.tif'], { channels: 3 });
    expect(three.shape).toEqual([1, 2, 2, 3]);
    const scaled = (value: number) => Math.fround((value - 10) / 80);
    expect(Array.from(three.images)).toEqual([10, 20, 30, 10, 10, 10, 70, 80, 90, 11, 21, 31].map(scaled));
    const four = await firstBatch(['rgba.tif'], { channels: 4 });
    expect(Array.from(four.images)).toEqual(pixels.map((value) => Math.fround(value / 255)));
    await expect(firstBatch(['rgba.tif'], { channels: 5 })).rejects.toThrow(
      'has 4 bands (1 of them alpha), but channels is 5',
    );
  });
});

describe('what is no chip', () => {
  it('is a bad chip, named at once', async () => {
    writeFileSync(
      path.join(dataPath, 'good.tif'),
      encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Uint8Array([1, 2, 3, 4]) }),
    );
    mkdirSync(path.join(dataPath, 'folder.tif'), { recursive: true });
    rmSync(path.join(dataPath, 'pipe.tif'), { force: true });
    execFileSync('mkfifo', [path.join(dataPath, 'pipe.tif')]);
    writeFileSync(
      path.join(dataPath, 'lfs.tif'),
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
    );
    const hostile = [
      'chip-tile-tiny-double.tif',
      'claims-1x2e24-lzw.tif',
      'lzw-kills-process.tif',
      'unhandled-rejection.tif',
    ];
    for (const name of hostile) copyFileSync(new URL(name, rasters), path.join(dataPath, name));
    const rows = ['good.tif', 'folder.tif', 'pipe.tif', 'lfs.tif', 'nowhere.tif', ...hostile];
    const start = performance.now();
    const options = { rows: rows.map((image) => ({ images: [image] })), dataPath, channels: 1, batchSize: 1 };
    const loader = await createChipLoader({ ...options, onBadChip: 'skip', workers: 0 });
    expect(performance.now() - start).toBeLessThan(2000);
    expect(loader.length).toBe(1);
    const messages = loader.badChips.map(({ message }) => message);
    rows.slice(1).forEach((name, i) => {
      expect(messages[i]).toContain(`${name}: cannot be read`);
    });
    expect(messages[0]).toContain('it is no regular file');
    expect(messages[1]).toContain('it is no regular file');
    expect(messages[2]).toContain('Git LFS pointer');
  });
});
