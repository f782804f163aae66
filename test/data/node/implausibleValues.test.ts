import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeGeoTiff, type PixelArray } from '../../../src/data/index.js';
import { computeGlobalStatistics, createChipLoader } from '../../../src/data/node/index.js';

const dataPath = mkdtempSync(path.join(tmpdir(), 'implausible-'));
afterAll(() => rmSync(dataPath, { recursive: true }));

let folders = 0;
/** Writes chips of 2 × 2 pixels and two bands. */
function chips(...values: PixelArray[]) {
  const folder = `set${folders++}`;
  return values.map((data, i) => {
    const name = `${folder}-${i}.tif`;
    writeFileSync(path.join(dataPath, name), encodeGeoTiff({ width: 2, height: 2, bands: 2, data }));
    return { images: [name] };
  });
}
const of = (...values: number[]) => Float32Array.from(values);
const plain = of(1, 10, 2, 20, 3, 30, 4, 40);
const warningsOf = async (rows: { images: string[] }[], nodata: number[] = []) =>
  (await computeGlobalStatistics({ rows, dataPath, channels: 2, workers: 0, nodata })).warnings;

describe('warnings of computeGlobalStatistics', () => {
  it('has none for what can be measured', async () => {
    const dark = of(0, 0, 0, 0, 0, 0, 0, 1);
    expect(await warningsOf(chips(plain, plain, dark, of(900, 10, 2, 20, 3, 30, 4, 40)))).toEqual([]);
  });

  it.each([-3.4028234663852886e38, 3.4028234663852886e38, 1e20, 9.969209968386869e36, -9999, -32768])(
    'names file, band and value of the fill %d, unless it is given as nodata',
    async (fill) => {
      const rows = chips(plain, of(1, fill, 2, 20, 3, 30, 4, 40), of(1, 1, 2, fill, 3, 30, 4, 40));
      const [warning, ...others] = await warningsOf(rows);
      expect(warning).toContain(`${rows[1].images[0]}: band 1 (counted from 0) holds ${Math.fround(fill)}`);
      expect(warning).toContain('so do 1 other chips');
      expect(others).toEqual([]);
      expect(await warningsOf(rows, [fill])).toEqual([]);
    },
  );

  it.each([1e300, -Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
    'names the file of %d, which float32 does not hold and so counts as missing, unless it is given as nodata',
    async (beyond) => {
      const wide = Float64Array.from([1, beyond, 2, 20, 3, 30, 4, 40]);
      const rows = chips(plain, wide);
      const [warning, ...others] = await warningsOf(rows);
      expect(warning).toMatch(
        RegExp(`^${rows[1].images[0]}: band 1 \\(counted from 0\\) holds values beyond what float32`),
      );
      expect(others).toEqual([]);
      expect(await warningsOf(rows, [beyond])).toEqual([]);
    },
  );

  it('names a band that is constant or missing everywhere', async () => {
    const constant = of(7, 10, 7, 20, 7, 30, 7, 40);
    expect(await warningsOf(chips(constant, constant))).toEqual([
      'band 0 (counted from 0) is 7 everywhere in the 2 chips looked at: it teaches nothing.',
    ]);
    const missing = of(1, Number.NaN, 2, Number.NaN, 3, Number.NaN, 4, Number.NaN);
    expect(await warningsOf(chips(missing, missing, missing))).toEqual([
      'band 1 (counted from 0) has no valid value in any of the 3 chips looked at.',
    ]);
  });

  it('names a chip with values a thousand times those of the others', async () => {
    const rows = chips(plain, plain, plain, of(1, 10, 2, 20, 3, 30, -4001, 40));
    const [warning, ...others] = await warningsOf(rows);
    expect(warning).toContain(`${rows[3].images[0]}: band 0 (counted from 0) has values up to -4001`);
    expect(others).toEqual([]);
  });

  it('names a nodata value that no pixel has', async () => {
    expect(await warningsOf(chips(plain, plain), [2, -1])).toEqual([
      'nodata -1 matches no pixel of the 2 chips looked at.',
    ]);
  });
});

describe('chips whose tags scale their values differently', () => {
  /** A GDAL_METADATA tag in the place of the nodata tag, which is of the same type. */
  function scaled(name: string, scale: number) {
    const xml = `<GDALMetadata><Item name="SCALE" sample="0" role="scale">${scale}</Item></GDALMetadata>`;
    const bytes = encodeGeoTiff({ width: 2, height: 2, bands: 2, data: plain, nodata: 12345678 });
    const view = new DataView(bytes.buffer);
    const out = new Uint8Array(bytes.length + xml.length + 1);
    out.set(bytes);
    out.set(new TextEncoder().encode(xml), bytes.length);
    for (let entry = 10; entry < 10 + 12 * view.getUint16(8, true); entry += 12) {
      if (view.getUint16(entry, true) !== 42113) continue;
      const place = new DataView(out.buffer);
      place.setUint16(entry, 42112, true);
      place.setUint32(entry + 4, xml.length + 1, true);
      place.setUint32(entry + 8, bytes.length, true);
    }
    writeFileSync(path.join(dataPath, name), out);
    return { images: [name] };
  }

  it('are bad chips, named, in loader and statistics', async () => {
    const rows = [scaled('s0.tif', 0.5), scaled('s1.tif', 0.5), scaled('s2.tif', 0.1), ...chips(plain)];
    const options = { rows, dataPath, channels: 2, workers: 0, batchSize: 4 } as const;
    const message =
      's2.tif: its tags give its values the scale 0.1, 1, offset 0, those of the other chips scale 0.5, 1';
    await expect(createChipLoader(options)).rejects.toThrow(message);
    const loader = await createChipLoader({ ...options, onBadChip: 'skip' });
    expect(loader.badChips.map(({ index }) => index)).toEqual([2, 3]);
    // Also where the header is not looked at before.
    const late = await createChipLoader({ ...options, onBadChip: 'skip', inspect: 1 });
    for await (const batch of late.epoch(0)) {
      expect(batch.indices).toEqual([0, 1]);
      expect(batch.skipped[0].message).toContain('s2.tif: its tags give');
    }
    await expect(computeGlobalStatistics(options)).rejects.toThrow(message);
    const { badChips, chips: used } = await computeGlobalStatistics({ ...options, onBadChip: 'skip' });
    expect([badChips.map(({ index }) => index), used]).toEqual([[2, 3], 2]);
  });

  it('count by what most have, or by what is given, where bad chips are left out', async () => {
    const rows = [scaled('t0.tif', 0.5), scaled('t1.tif', 0.1), scaled('t2.tif', 0.1)];
    const options = { rows, dataPath, channels: 2, workers: 0, batchSize: 4, onBadChip: 'skip' } as const;
    const loader = await createChipLoader(options);
    expect(loader.badChips.map(({ index }) => index)).toEqual([0]);
    const { badChips } = await computeGlobalStatistics(options);
    expect(badChips.map(({ index }) => index)).toEqual([0]);
    const other = await createChipLoader({ ...options, rows: rows.slice(0, 1) });
    const given = await createChipLoader({ ...options, scaling: other.scaling });
    expect(given.badChips.map(({ index }) => index)).toEqual([1, 2]);
  });
});
