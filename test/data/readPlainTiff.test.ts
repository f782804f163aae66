import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { fromArrayBuffer } from 'geotiff';
import { describe, expect, it } from 'vitest';
import { deflatedTiff } from '../../bench/writeChips.js';
import { encodeGeoTiff } from '../../src/data/index.js';
import { readPlainTiff } from '../../src/data/readPlainTiff.js';
import { expected, readBytes, tensor } from './geoTiffFixture.js';
import { stripedTiff } from './stripedTiff.js';

const byZlib = { inflate: (bytes: Uint8Array) => inflateSync(bytes) };
const common = expected.files.filter(({ file }) => readPlainTiff(readBytes(file), byZlib));

describe('readPlainTiff', () => {
  it('reads the common layouts and leaves the others', () => {
    const names = common.map(({ file }) => file);
    expect(names).toContain('geotiff/u16_4b_tiled_deflate_pred2.tif');
    expect(names).toContain('geotiff/i16_4b_tiled_deflate_planar.tif');
    expect(names).toContain('geotiff/u8_4b_uncompressed_pixel.tif');
    for (const other of ['lzw', 'packbits', 'bigtiff', 'pred3'])
      expect(names.filter((name) => name.includes(other))).toEqual([]);
  });

  it.each(common.map((f) => [f.file, f] as const))('%s', (name, file) => {
    const { data, ...info } = readPlainTiff(readBytes(name), byZlib)!;
    const nodata = file.nodata === 'NaN' ? Number.NaN : file.nodata;
    expect(info).toEqual({
      width: file.width,
      height: file.height,
      bands: file.count,
      dtype: file.dtype,
      nodata,
    });
    expect(Float32Array.from(data)).toEqual(tensor(file.raw_key).data);
  });

  it('reads strips and the predictor as the geotiff package does', async () => {
    for (const [side, bands] of [
      [50, 3],
      [33, 4],
      [7, 1],
    ]) {
      const values = Uint16Array.from({ length: side * side * bands }, (_, i) => (i * 40503) & 65535);
      const bytes = deflatedTiff(values, side, bands);
      expect(readPlainTiff(bytes, byZlib)?.data).toEqual(values);
      const image = await (await fromArrayBuffer(bytes.slice().buffer)).getImage();
      expect(Uint16Array.from((await image.readRasters({ interleave: true })) as Uint16Array)).toEqual(
        values,
      );
    }
    const striped = readPlainTiff(stripedTiff(9, 40, 16))!;
    expect([striped.data[0], striped.data[9 * 40 - 1]]).toEqual([0, 39 * 7 + 8]);
  });

  it('does not read what needs inflate without it, and changes no byte of the file', () => {
    const values = new Uint16Array(64).fill(9);
    const bytes = deflatedTiff(values, 8, 1);
    const before = bytes.slice();
    expect(readPlainTiff(bytes)).toBeUndefined();
    expect(readPlainTiff(bytes, byZlib)?.data).toEqual(values);
    expect(bytes).toEqual(before);
  });

  it('leaves damaged files, whatever is damaged, to the geotiff package: no error and no large memory', () => {
    const file = encodeGeoTiff({
      width: 5,
      height: 4,
      bands: 2,
      data: new Int16Array(40).fill(3),
      nodata: -1,
    });
    const deflated = deflatedTiff(new Uint16Array(40 * 40).fill(5), 40, 1);
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(file, deflated), damage, fc.nat(600), (bytes, changes, cut) => {
        const damaged = bytes.slice(0, bytes.length - (cut > 500 ? cut - 500 : 0));
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
        const image = readPlainTiff(damaged, byZlib);
        if (image) {
          expect(image.data.length).toBe(image.width * image.height * image.bands);
          expect(image.data.byteLength).toBeLessThan(1100 * damaged.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
