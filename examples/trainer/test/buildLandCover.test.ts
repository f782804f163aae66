import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CatalogRow, decodeGeoTiff, parseCatalog } from '../../../src/data/index.js';
import { buildLandCover, LAND_COVER_GROUPS } from '../src/data/buildLandCover.js';

const folder = mkdtempSync(path.join(tmpdir(), 'land-cover-'));
let rows: CatalogRow[];
let count: number;
const read = (file: string) => decodeGeoTiff(readFileSync(path.join(folder, file)), { name: file });

beforeAll(async () => {
  const built = await buildLandCover(folder);
  count = built.count;
  rows = parseCatalog(readFileSync(built.catalogPath, 'utf8'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The row of the chip whose centre is nearest to a place. */
const nearest = (lon: number, lat: number) =>
  rows.reduce((best, row) => (distance(row, lon, lat) < distance(best, lon, lat) ? row : best));
const distance = ({ values }: CatalogRow, lon: number, lat: number) =>
  Math.hypot(Number(values.lon) - lon, Number(values.lat) - lat);

describe('buildLandCover', () => {
  it('keeps each strip of longitude in one split, and every group in each split', async () => {
    expect(rows.length).toBe(count);
    const usageOf = new Map(rows.map(({ values, usage }) => [values.strip, usage]));
    for (const { values, usage } of rows) {
      expect(usage).toBe(usageOf.get(values.strip));
      const west = (Number(values.lon) + 180) / 22.5 - 32 / 256;
      expect(Math.floor(west)).toBe(Number(values.strip));
      expect(Math.floor(west + 64 / 256)).toBe(Number(values.strip));
    }
    for (const usage of ['train', 'validate', 'test']) {
      const chosen = rows.filter((row) => row.usage === usage);
      expect(chosen.length).toBeGreaterThan(150);
      const groups = new Set(chosen.flatMap(({ values }) => values.groups.split(' ')));
      expect([...groups].sort()).toEqual(LAND_COVER_GROUPS.map((_, k) => String(k)));
    }
  });

  it('labels every pixel of the image, at most 65 % as water, and names the groups of the chip', async () => {
    for (const { images, values } of rows.filter((_, i) => i % 20 === 0)) {
      const [image, label] = [await read(images[0]), await read(values.label)];
      expect(label).toMatchObject({ width: 64, height: 64, bands: 1, dtype: 'uint8', epsg: 4326 });
      expect(label.transform).toEqual(image.transform);
      const counts = LAND_COVER_GROUPS.map((_, k) => label.data.filter((group) => group === k).length);
      expect(counts.reduce((sum, n) => sum + n)).toBe(64 * 64);
      expect(counts[0]).toBeLessThanOrEqual(0.65 * 64 * 64);
      expect(counts[Number(values.group)]).toBe(Math.max(...counts));
      const present = counts.flatMap((n, k) => (n >= 204.8 ? [k] : []));
      expect(values.groups).toBe(present.join(' '));
    }
  });

  it.each([
    ['the Sahara', 10, 23, 7],
    ['the Amazon', -63, -5, 2],
    ['central Australia', 128, -26, 3],
    ['Illinois', -90, 41, 6],
    ['Siberia', 105, 58, 1],
    ['eastern Mongolia', 114, 47.5, 5],
  ])('knows %s', (_, lon, lat, group) => {
    expect(nearest(lon, lat).values.group).toBe(String(group));
  });

  it('fits the image: dark blue is water, bright is not', async () => {
    let [dark, darkWater] = [0, 0];
    for (const { images, values } of rows.filter((_, i) => i % 10 === 0)) {
      const [image, label] = [await read(images[0]), await read(values.label)];
      for (let i = 0; i < label.data.length; i++) {
        const [red, green, blue] = image.data.subarray(4 * i, 4 * i + 3);
        if (red > 20 || green > 30 || blue < red + 20) continue;
        dark++;
        darkWater += Number(label.data[i] === 0);
      }
    }
    expect(dark).toBeGreaterThan(3000);
    expect(darkWater / dark).toBeGreaterThan(0.95);
  });
});
