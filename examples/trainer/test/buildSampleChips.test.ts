import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CatalogRow, decodeGeoTiff, type GeoTiff, parseCatalog } from '../../../src/data/index.js';
import { buildSampleChips, type SampleChips } from '../src/data/buildSampleChips.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sample-chips-'));
const progress: [number, number][] = [];
let sample: SampleChips;
let rows: CatalogRow[];
const read = (file: string): Promise<GeoTiff> =>
  decodeGeoTiff(readFileSync(path.join(folder, file)), { name: file });

beforeAll(async () => {
  sample = await buildSampleChips(folder, { onProgress: (done, total) => progress.push([done, total]) });
  rows = parseCatalog(readFileSync(sample.catalogPath, 'utf8'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Top left pixel of a chip in the grid of 4096 columns around the globe, from its georeferencing. */
function pixelOf({ transform }: GeoTiff): { row: number; column: number } {
  const [a, , c, , e, f] = transform!;
  return { column: (c + 180) / a, row: (f - 90) / e };
}

describe('buildSampleChips', () => {
  it('makes some 1,500 chips in three splits and says how far it is', () => {
    expect(rows.length).toBe(sample.count);
    expect(rows.length).toBeGreaterThan(1400);
    expect(rows.length).toBeLessThan(1800);
    const share = (usage: string) => rows.filter((row) => row.usage === usage).length / rows.length;
    expect(share('train')).toBeGreaterThan(0.75);
    expect(share('validate')).toBeGreaterThan(0.07);
    expect(share('test')).toBeGreaterThan(0.07);
    expect(progress.at(-1)).toEqual([sample.count, sample.count]);
    expect(progress.length).toBeGreaterThan(10);
  });

  it('writes georeferenced 64×64 chips within 60° of the equator, no pixel in two splits', async () => {
    const owner = new Map<number, string>();
    for (const row of rows) {
      const image = await read(row.images[0]);
      const { data, transform, ...info } = image;
      expect(info).toMatchObject({
        width: 64,
        height: 64,
        bands: 4,
        dtype: 'uint8',
        nodata: null,
        epsg: 4326,
      });
      const pixel = pixelOf(image);
      expect(Number.isInteger(pixel.column) && Number.isInteger(pixel.row)).toBe(true);
      const [a, , c, , e, f] = transform!;
      expect(Number(row.values.lon)).toBeCloseTo(c + 32 * a, 9);
      expect(Number(row.values.lat)).toBeCloseTo(f + 32 * e, 9);
      expect(Math.max(Math.abs(f), Math.abs(f + 64 * e))).toBeLessThanOrEqual(60);
      // A margin of two pixels: the elevation between them is interpolated.
      for (let y = -2; y < 66; y++) {
        for (let x = -2; x < 66; x++) {
          const key = (pixel.row + y) * 5000 + pixel.column + x;
          const inside = x >= 0 && x < 64 && y >= 0 && y < 64;
          const other = owner.get(key);
          if (other !== undefined && other !== row.usage) {
            expect.fail(`${row.images[0]} shares a pixel with ${other}`);
          }
          if (inside) owner.set(key, row.usage);
        }
      }
    }
  });

  it('has labels on the same pixels, at most 90 % water', async () => {
    const count = [0, 0, 0, 0];
    for (const row of rows.filter((_, i) => i % 5 === 0)) {
      const [image, label] = [await read(row.images[0]), await read(row.values.label)];
      expect({ ...label, data: 0 }).toEqual({ ...image, bands: 1, data: 0 });
      const water = label.data.filter((value) => value === 0).length;
      expect(water).toBeLessThanOrEqual(0.9 * 4096);
      for (const value of label.data) count[value]++;
    }
    const total = count.reduce((sum, n) => sum + n);
    expect(count.length).toBe(sample.classes.length);
    for (const n of count) expect(n / total).toBeGreaterThan(0.05);
  });

  it('has land and relief where the globe has them', async () => {
    const at = async (lon: number, lat: number) => {
      const near = (row: CatalogRow) =>
        Math.hypot(Number(row.values.lon) - lon, Number(row.values.lat) - lat);
      const row = rows.reduce((best, one) => (near(one) < near(best) ? one : best));
      const image = await read(row.images[0]);
      const { data, transform } = image;
      const [a, , c, , e, f] = transform!;
      const pixel = Math.floor((lat - f) / e) * 64 + Math.floor((lon - c) / a);
      const label = await read(row.values.label);
      const [red, green, blue, elevation] = data.subarray(pixel * 4, pixel * 4 + 4);
      return { red, green, blue, elevation, class: sample.classes[label.data[pixel]] };
    };
    const sahara = await at(5, 24);
    expect(sahara.red).toBeGreaterThan(sahara.blue + 30);
    const tibet = await at(88, 33);
    expect(tibet.class).toBe('mountain');
    expect(tibet.elevation).toBeGreaterThan(3 * sahara.elevation);
    const mediterranean = await at(5, 40);
    expect(mediterranean.class).toBe('water');
    expect(mediterranean.blue).toBeGreaterThan(mediterranean.red);
    const amazon = await at(-58, -5);
    expect(amazon.green).toBeGreaterThan(amazon.red);
  });

  it('leaves a finished folder as it is and does an unfinished one again', async () => {
    const chip = path.join(folder, rows[0].images[0]);
    const before = statSync(chip).mtimeMs;
    expect(await buildSampleChips(folder)).toEqual(sample);
    expect(statSync(chip).mtimeMs).toBe(before);
    const bytes = readFileSync(chip);
    writeFileSync(chip, 'half');
    rmSync(path.join(folder, 'complete.json'));
    expect(await buildSampleChips(folder)).toEqual(sample);
    expect(readFileSync(chip)).toEqual(bytes);
  });

  it('is built once by those who come together, over what a killed build left, and is there whole', async () => {
    const parent = mkdtempSync(path.join(tmpdir(), 'sample-chips-'));
    const together = path.join(parent, 'blue-marble');
    mkdirSync(`${together}.new.tmp/images`, { recursive: true });
    const built: number[] = [];
    const said: string[] = [];
    const build = (who: number) =>
      buildSampleChips(together, {
        onWait: (text) => said.push(text),
        onProgress: (done, total) => {
          expect(existsSync(together)).toBe(false);
          if (done === total) built.push(who);
        },
      });
    try {
      const [first, second] = await Promise.all([build(1), build(2)]);
      expect(second).toEqual(first);
      expect(built).toHaveLength(1);
      expect(said).toEqual([expect.stringMatching(`^waiting for process ${process.pid} of `)]);
      expect(readdirSync(parent)).toEqual(['blue-marble']);
      expect(readdirSync(path.join(together, 'images'))).toHaveLength(first.count);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it('leaves nothing where it is stopped', async () => {
    const parent = mkdtempSync(path.join(tmpdir(), 'sample-chips-'));
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const building = buildSampleChips(path.join(parent, 'data', 'a'), {
      onProgress,
      signal: controller.signal,
    });
    await expect(building).rejects.toThrow(/abort/);
    expect(readdirSync(parent)).toEqual([]);
    rmSync(parent, { recursive: true });
  });
});
