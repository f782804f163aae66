import { writeArrayBuffer } from 'geotiff';
import { describe, expect, it } from 'vitest';
import { sharedDecoder } from '../../src/data/decodeGeoTiff.js';
import type { ReadOptions } from '../../src/data/images/imageTypes.js';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiffInput } from '../../src/data/index.js';
import { openTiff } from '../../src/data/tiff/openTiff.js';
import { memorySource } from '../../src/data/tiff/TiffSource.js';
import { expected, readBytes, tensor } from './geoTiffFixture.js';
import { stripedTiff } from './stripedTiff.js';

describe('decodeGeoTiff', () => {
  it.each(expected.files.map((f) => [f.file, f] as const))('%s', async (name, file) => {
    const image = await decodeGeoTiff(readBytes(name), { name });
    const { data, valid, crsKind, ...info } = image;
    expect(info).toEqual({
      width: file.width,
      height: file.height,
      bands: file.count,
      dtype: file.dtype,
      nodata: file.nodata === 'NaN' ? Number.NaN : file.nodata,
      epsg: file.epsg,
      transform: file.transform_a_b_c_d_e_f,
      alphaBand: file.dtype === 'uint8' && file.count === 4 ? 3 : null, // So GDAL writes them.
      scales: null,
      offsets: null,
      bandNames: null,
    });
    expect(crsKind).toBe(file.epsg === null ? null : file.epsg === 4326 ? 'geographic' : 'projected');
    const missing = (value: number) => Object.is(value, info.nodata);
    const expectedValid = Uint8Array.from(data, (value) => (missing(value) ? 0 : 1));
    expect(valid).toEqual(expectedValid.includes(0) ? expectedValid : null);
    expect(data.constructor.name.toLowerCase()).toBe(`${file.dtype}array`);
    expect(Float32Array.from(data)).toEqual(tensor(file.raw_key).data);
  });

  it.each(expected.labels)('label $file', async ({ file, key }) => {
    const { data } = await decodeGeoTiff(readBytes(file));
    expect(Float32Array.from(data)).toEqual(tensor(key).data);
  });

  it('reads plain big-endian pixels', async () => {
    const values = Uint16Array.from({ length: 12 }, (_, i) => 1 + 300 * i);
    const bytes = writeArrayBuffer(values, {
      width: 2,
      height: 2,
      SamplesPerPixel: 3,
      BitsPerSample: [16, 16, 16],
      StripByteCounts: [24],
    });
    expect(Uint16Array.from((await decodeGeoTiff(bytes)).data)).toEqual(values);
  });

  it('refuses what unpacks to more than maxBytes, and tags of more bytes than any raster has', async () => {
    // Half a megabyte of single bits in one strip, of which 8 × 8 are wanted.
    const bits = stripedTiff(2 ** 8, 2 ** 10, 2 ** 10);
    const view = new DataView(bits.buffer);
    view.setUint32(18, 2 ** 12, true);
    view.setUint32(42, 1, true);
    view.setUint32(78, 130, true);
    view.setUint32(114, 2 ** 19, true);
    const { read } = await openTiff(memorySource(bits));
    const options: ReadOptions = { decoder: await sharedDecoder(), part: [8, 8] };
    expect((await read({ ...options, maxBytes: 2 ** 22 })).data.length).toBe(64);
    await expect(read({ ...options, maxBytes: 2 ** 21 })).rejects.toThrow(
      'is 4194304 bytes, more than 2097152',
    );
    const tags = [273, 279, 324, 325, 338].map((code) => [code, 4, 2 ** 23, 8] as const);
    const head = new DataView(new ArrayBuffer(2 ** 25 + 128));
    head.setUint32(0, 0x49492a00);
    head.setUint32(4, 8, true);
    head.setUint16(8, tags.length, true);
    tags.forEach(([code, type, count, offset], i) => {
      head.setUint16(10 + 12 * i, code, true);
      head.setUint16(12 + 12 * i, type, true);
      head.setUint32(14 + 12 * i, count, true);
      head.setUint32(18 + 12 * i, offset, true);
    });
    await expect(decodeGeoTiff(head.buffer)).rejects.toThrow('its tags have more than 134217728 bytes');
  });

  it('refuses every truncation of every file, by name', async () => {
    for (const { file } of expected.files) {
      const bytes = readBytes(file);
      for (const share of [0, 0.01, 0.3, 0.9, 0.999]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        await expect(decodeGeoTiff(cut, { name: 'cut.tif' }), `${file} ${share}`).rejects.toThrow(
          /^cut\.tif: /,
        );
      }
    }
  });

  it('refuses what is no TIFF', async () => {
    const text = new TextEncoder().encode('image,usage\n'.repeat(50));
    await expect(decodeGeoTiff(text, { name: 'a.csv' })).rejects.toThrow(
      'a.csv: cannot be read as a GeoTIFF',
    );
  });

  it('reads pixel-is-point georeferencing as pixel corners', async () => {
    const transform = [10, 0, 100, 0, -10, 200] as const;
    const bytes = encodeGeoTiff({
      width: 1,
      height: 1,
      bands: 1,
      data: new Uint8Array(1),
      epsg: 32633,
      transform: [...transform],
    });
    const view = new DataView(bytes.buffer);
    // The raster type key, 1025 with value 1 (area): make it 2 (point).
    for (let i = 0; i + 8 <= bytes.length; i += 2) {
      if (view.getUint16(i, true) === 1025 && view.getUint16(i + 4, true) === 1)
        view.setUint16(i + 6, 2, true);
    }
    expect((await decodeGeoTiff(bytes)).transform).toEqual([10, 0, 95, 0, -10, 205]);
  });

  /** A raster whose entry of a tag is of another type, count and first value. */
  const withTag = (image: Partial<GeoTiffInput>, tag: number, [type, count, value]: number[]) => {
    const bands = image.bands ?? 1;
    const bytes = encodeGeoTiff({ width: 1, height: 1, bands, data: new Uint8Array(bands), ...image });
    const view = new DataView(bytes.buffer);
    for (let at = 10; at < 10 + 12 * view.getUint16(8, true); at += 12) {
      if (view.getUint16(at, true) !== tag) continue;
      view.setUint16(at + 2, type, true);
      view.setUint32(at + 4, count, true);
      if (value !== undefined) view.setUint32(at + 8, value, true);
    }
    return bytes;
  };

  it.each([
    [3, [2, 0], 1],
    [3, [0, 2], 2],
    [3, [2], 1], // Of the two extra bands the tag speaks of the first.
    [2, [2, 0], null], // The first band is gray.
    [2, [0, 2], 1],
  ])('finds the alpha of %i bands with ExtraSamples %j', async (bands, extra, alphaBand) => {
    const [low, high = 0] = extra;
    const bytes = withTag({ bands }, 338, [3, extra.length, low + 65536 * high]);
    expect((await decodeGeoTiff(bytes)).alphaBand).toBe(alphaBand);
  });

  it('reads a nodata text that is stored as bytes', async () => {
    expect((await decodeGeoTiff(withTag({ nodata: 7 }, 42113, [1, 2]))).nodata).toBe(7);
  });

  it('reads strips whose lengths are not written', async () => {
    const bytes = stripedTiff(4, 10, 3);
    const { data } = await decodeGeoTiff(bytes);
    const view = new DataView(bytes.buffer);
    for (let at = 10; at < 10 + 12 * 9; at += 12)
      if (view.getUint16(at, true) === 279) view.setUint16(at, 65279, true);
    expect((await decodeGeoTiff(bytes)).data).toEqual(data);
    const cut = decodeGeoTiff(bytes.subarray(0, bytes.length - 1), { name: 'cut.tif' });
    await expect(cut).rejects.toThrow(
      'cut.tif: cannot be read as a GeoTIFF: a strip or tile has 7 bytes of 8',
    );
  });
});

describe('the alpha band', () => {
  const read = (options: object) => decodeGeoTiff(readBytes('geotiff/u8_4b_uncompressed_pixel.tif'), options);

  it('is a band like the others, or a mask that is left out', async () => {
    const bytes = readBytes('geotiff/u8_4b_uncompressed_pixel.tif').slice();
    const whole = await decodeGeoTiff(bytes);
    const at = bytes.findIndex((_, i) => whole.data.slice(0, 32).every((value, k) => bytes[i + k] === value));
    bytes[at + 4 + 3] = 0; // The second pixel's alpha.
    const { bands, alphaBand, data, valid } = await decodeGeoTiff(bytes, { alpha: 'mask' });
    expect([bands, alphaBand, data.length]).toEqual([3, null, 32 * 32 * 3]);
    expect(Array.from(data.subarray(0, 6))).toEqual([
      ...whole.data.subarray(0, 3),
      ...whole.data.subarray(4, 7),
    ]);
    expect(Array.from(valid?.subarray(0, 9) ?? [])).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1]);
    expect((await decodeGeoTiff(bytes)).valid?.[7]).toBe(1);
    await expect(read({ alpha: 'no' })).rejects.toThrow("alpha is 'no'; it must be one of 'band', 'mask'");
  });
});
