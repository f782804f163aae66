import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChipOptions, decodeChip, encodeGeoTiff, parseCatalog } from '../../src/data/index.js';
import { expectClose } from '../support/compare.js';
import { type ChipCase, expected, readBytes, tensor } from './geoTiffFixture.js';

const filesOf = (paths: string[]) => paths.map((name) => ({ name, bytes: readBytes(name) }));

/** The fixtures were made with missing and negative values scaled like others: compat. */
function optionsOf(c: ChipCase, channels: number): ChipOptions {
  return {
    channels,
    buffer: c.usage === 'predict' ? 0 : c.buffer,
    normalization: c.apply_normalization
      ? {
          strategy: c.normal_strategy,
          procedure: c.stat_procedure,
          clipPercent: c.clip_val,
          nodata: c.nodata ?? [],
          globalStats: c.global_stats,
          compat: 'tutorial',
        }
      : null,
  };
}

/** Compares; where the reference leaves a missing pixel NaN, it is 0 here. */
function expectChip(data: Float32Array, key: string, zValue = false): void {
  const reference = tensor(key).data.map((v) => (Number.isNaN(v) ? 0 : v));
  expectClose(data, reference, zValue ? expected.tolerance.z_value : expected.tolerance);
}

describe('decodeChip', () => {
  it.each(expected.cases.filter((c) => c.key).map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const [height, width, channels] = c.shape_hwc!;
    const chip = await decodeChip(filesOf(c.paths), optionsOf(c, channels));
    expect([chip.height, chip.width, chip.channels]).toEqual([height, width, channels]);
    expectChip(chip.data, c.key!, c.normal_strategy === 'z_value');
  });

  it.each(expected.datasets)('$catalog $usage buffer $buffer', async (set) => {
    const text = new TextDecoder().decode(readBytes(set.catalog));
    const rows = parseCatalog(text, { imageColumns: set.img_path_cols }).filter((r) => r.usage === set.usage);
    expect(rows.length).toBe(set.item_keys.length);
    for (const [i, row] of rows.entries()) {
      const files = filesOf(row.images.map((image) => path.join(path.dirname(set.catalog), image)));
      const channels = tensor(set.item_keys[i]).shape[2];
      const chip = await decodeChip(files, {
        channels,
        buffer: set.buffer,
        normalization: { compat: 'tutorial' },
      });
      expectChip(chip.data, set.item_keys[i]);
    }
  });

  it('refuses rasters of different sizes and another number of bands, by name', async () => {
    const c = expected.cases.find((one) => one.id.startsWith('multi_mismatch'))!;
    await expect(decodeChip(filesOf(c.paths), optionsOf(c, 8))).rejects.toThrow(
      `${c.paths[1]}: is 32 × 32 pixels, but ${c.paths[0]} of the same chip is 64 × 64`,
    );
    const [file] = filesOf(c.paths);
    await expect(decodeChip([file], { channels: 3 })).rejects.toThrow(
      `${file.name}: has 4 bands, but channels is 3`,
    );
  });

  it('adds the nodata value of each file, and names a file without a valid pixel', async () => {
    const make = (data: number[], nodata: number) =>
      encodeGeoTiff({ width: 3, height: 1, bands: 1, nodata, data: new Int16Array(data) });
    const files = [
      { name: 'a.tif', bytes: make([-9999, 10, 20], -9999) },
      { name: 'b.tif', bytes: make([5, -3, 5], 5) },
    ];
    const chip = await decodeChip(files, { channels: 2, normalization: { nodata: [20] } });
    expect([...chip.data]).toEqual([0, 0, 0, 0, 0, 0]);
    const other = await decodeChip(files, { channels: 2, normalization: null });
    expect([...other.data]).toEqual([-9999, 5, 10, -3, 20, 5]);
    const empty = { name: 'empty.tif', bytes: make([7, 7, 7], 7) };
    await expect(decodeChip([empty], { channels: 1 })).rejects.toThrow(/^empty\.tif: .*no valid pixel/);
  });

  it('crops around the centre and pads with zeros', async () => {
    const data = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    const bytes = encodeGeoTiff({ width: 4, height: 4, bands: 1, data });
    const read = async (size: [number, number]) => [
      ...(await decodeChip([{ name: 'a', bytes }], { channels: 1, size, normalization: null })).data,
    ];
    expect(await read([2, 2])).toEqual([6, 7, 10, 11]);
    expect(await read([2, 6])).toEqual([0, 5, 6, 7, 8, 0, 0, 9, 10, 11, 12, 0]);
  });
});
