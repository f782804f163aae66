import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/index.js';
import { DataError } from '../../src/errors/index.js';

interface Expected {
  name: string;
  layout: string;
  width: number;
  height: number;
  bands: number;
  /** GDAL's type; 64-bit integers are given as float64. */
  dtype: string;
  nodata: string | null;
  epsg: number | null;
  transform: number[] | null;
  msk: boolean;
  tolerance: number;
  /** Deflated, base64: what GDAL reads, and where its bands' masks are not 0 (null: everywhere). */
  values: string;
  valid: string | null;
}

const folder = new URL('rasters/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder));
const { files } = JSON.parse(read('expected.json').toString()) as { files: Expected[] };
const inflated = (text: string) => new Uint8Array(inflateSync(Buffer.from(text, 'base64'))).buffer;
const ARRAYS: Record<string, new (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** Layouts that are refused, by what their name holds. */
const REFUSED = /lzma|webp|CCITT|complex|[CIT][CT]?[CUE]?LAB|CMYK|YCBCR, pixel|jpeg, .*[24] bands/i;
const decode = ({ name, msk }: Expected) =>
  decodeGeoTiff(read(`${name}.tif`), { name, mask: msk ? read(`${name}.tif.msk`) : undefined });

describe('rasters as GDAL reads them', () => {
  const readable: Expected[] = [];
  const refused: Expected[] = [];
  for (const file of files) (REFUSED.test(file.layout) ? refused : readable).push(file);

  it.each(readable.map((file) => [file.name, file.layout, file] as const))('%s: %s', async (_, __, file) => {
    const image = await decode(file);
    const { width, height, bands, dtype, epsg } = image;
    const given = /^u?int64$/.test(file.dtype) ? 'float64' : file.dtype;
    expect([width, height, bands, dtype, epsg]).toEqual([
      file.width,
      file.height,
      file.bands,
      given,
      file.epsg,
    ]);
    expect(image.nodata).toEqual(file.nodata === null ? null : Number(file.nodata));
    file.transform?.forEach((value, i) => {
      expect(image.transform?.[i]).toBeCloseTo(value, 6);
    });
    expect(image.transform === null).toBe(file.transform === null);
    const values = Array.from(new ARRAYS[file.dtype](inflated(file.values)), Number);
    if (file.tolerance === 0) expect(Array.from(image.data)).toEqual(values);
    else {
      for (const [i, value] of values.entries()) {
        expect(Math.abs(image.data[i] - value)).toBeLessThanOrEqual(file.tolerance);
      }
    }
    const valid = image.valid && Array.from(image.valid);
    expect(valid).toEqual(file.valid === null ? null : Array.from(new Uint8Array(inflated(file.valid))));
  });

  it.each(refused.map((file) => [file.name, file.layout, file] as const))(
    '%s: %s is refused by name',
    async (name, _, file) => {
      const failure = await decode(file).catch((error: Error) => error);
      expect(failure).toBeInstanceOf(DataError);
      expect((failure as Error).message).toMatch(
        new RegExp(`^${name}: cannot be read as a GeoTIFF: its layout is not supported: .*gdal_translate -`),
      );
    },
  );

  it('has both', () => {
    expect(readable.length).toBeGreaterThan(60);
    expect(refused.length).toBeGreaterThan(2);
  });

  it.each([
    ['chip-tile-tiny-double.tif', 'its tag TileHeight is of type 12'],
    ['claims-1x2e24-lzw.tif', 'its 16777216 strips or tiles have 1 offsets and 1 lengths'],
    ['lzw-kills-process.tif', 'its ExtraSamples are 47 for 2 bands'],
    ['unhandled-rejection.tif', 'its SamplesPerPixel is 0'],
  ])('%s, which claims what is not there, is refused at once', async (name, message) => {
    const start = performance.now();
    await expect(decodeGeoTiff(read(name), { name })).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
