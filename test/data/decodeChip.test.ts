import path from 'node:path';
import fc from 'fast-check';
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

  // The default differs where pixels are missing or negative, and there alone.
  const plain = (c: ChipCase) =>
    c.paths.every((file) => {
      const { nodata } = expected.files.find((one) => one.file === file)!;
      const missing = [...(c.nodata ?? []), nodata];
      return tensor(`raw/${path.basename(file)}`).data.every((v) => v >= 0 && !missing.includes(v));
    });
  it.each(expected.cases.filter((c) => c.key && plain(c)).map((c) => [c.id, c] as const))(
    '%s by default',
    async (_, c) => {
      const { normalization, ...options } = optionsOf(c, c.shape_hwc![2]);
      const chip = await decodeChip(filesOf(c.paths), {
        ...options,
        normalization: normalization && { ...normalization, compat: undefined },
      });
      expectChip(chip.data, c.key!, c.normal_strategy === 'z_value');
    },
  );

  it.each(expected.cases.filter((c) => c.raises).map((c) => [c.id, c] as const))(
    '%s is refused',
    async (_, c) => {
      const columns = c.paths.map((_path, i) => `image${i}`);
      const text = `${columns.join()},usage\n${c.paths.join()},${c.usage}\n`;
      const bands = c.paths.map((file) => expected.files.find((one) => one.file === file)!.count);
      const channels = bands.reduce((sum, count) => sum + count);
      const all = async () => {
        for (const { images } of parseCatalog(text, { imageColumns: columns }))
          await decodeChip(filesOf(images), optionsOf(c, channels));
      };
      await expect(all()).rejects.toThrow(/is 32 × 32 pixels, but|'inference' is not one of train/);
    },
  );

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

  it('refuses a truncated file, an empty one, one that is no TIFF and a negative buffer, by name', async () => {
    const bytes = encodeGeoTiff({ width: 8, height: 8, bands: 1, data: new Float32Array(64) });
    const read = (data: Uint8Array, buffer = 0) =>
      decodeChip([{ name: 'a.tif', bytes: data }], { channels: 1, buffer });
    await expect(read(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(/^a\.tif: .*cut short/);
    await expect(read(new Uint8Array(0))).rejects.toThrow('a.tif: the file is empty.');
    await expect(read(new Uint8Array(64))).rejects.toThrow(/^a\.tif: cannot be read as a GeoTIFF/);
    await expect(read(bytes, -1)).rejects.toThrow('decodeChip: buffer is -1');
  });

  it('takes NaN and infinite pixels as missing, never as values', async () => {
    const data = Float32Array.of(Number.NaN, 2, 4, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3);
    const file = { name: 'a.tif', bytes: encodeGeoTiff({ width: 3, height: 2, bands: 1, data }) };
    const read = async (normalization?: null) => [
      ...(await decodeChip([file], { channels: 1, normalization })).data,
    ];
    expect(await read()).toEqual([0, 0, 1, 0, 0, 0.5]);
    expect(await read(null)).toEqual([0, 2, 4, 0, 0, 3]);
    const nothing = encodeGeoTiff({
      width: 2,
      height: 1,
      bands: 1,
      data: new Float32Array(2).fill(Number.NaN),
    });
    await expect(decodeChip([{ name: 'b.tif', bytes: nothing }], { channels: 1 })).rejects.toThrow(
      /^b\.tif: .*no valid pixel/,
    );
  });

  it('crops, pads and borders chips of any size as counted by hand', async () => {
    const side = fc.integer({ min: 1, max: 9 });
    const sizes = fc.record({
      height: side,
      width: side,
      h: side,
      w: side,
      buffer: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 3 }),
        async ({ height, width, h, w, buffer }, bands) => {
          const data = Uint16Array.from({ length: height * width * bands }, (_, i) => i + 1);
          const bytes = encodeGeoTiff({ width, height, bands, data });
          const options = { channels: bands, size: [h, w] as const, buffer, normalization: null };
          const chip = await decodeChip([{ name: 'a', bytes }], options);
          expect([chip.height, chip.width, chip.channels]).toEqual([h + 2 * buffer, w + 2 * buffer, bands]);
          // Where the first row or column of the crop is in the file, and where it goes in the chip.
          const from = (have: number, want: number) => Math.max(0, Math.floor((have - want) / 2));
          const to = (have: number, want: number) => Math.max(0, Math.floor((want - have) / 2)) + buffer;
          const want = new Float32Array(chip.data.length);
          for (let y = 0; y < Math.min(h, height); y++) {
            for (let x = 0; x < Math.min(w, width); x++) {
              for (let b = 0; b < bands; b++) {
                const source = ((y + from(height, h)) * width + x + from(width, w)) * bands + b;
                want[((y + to(height, h)) * chip.width + x + to(width, w)) * bands + b] = data[source];
              }
            }
          }
          expect(chip.data).toEqual(want);
        },
      ),
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
