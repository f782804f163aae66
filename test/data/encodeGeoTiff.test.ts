import fc from 'fast-check';
import { fromArrayBuffer } from 'geotiff';
import { describe, expect, it } from 'vitest';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiffInput } from '../../src/data/index.js';

const types = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
];

describe('encodeGeoTiff', () => {
  it.each(types.flatMap((type) => [1, 3, 5].map((bands) => [type.name, bands, type] as const)))(
    '%s with %i bands reads back',
    async (name, bands, type) => {
      const data = new type(Array.from({ length: 4 * 3 * bands }, (_, i) => (i * 37) % 251));
      const input: GeoTiffInput = {
        width: 4,
        height: 3,
        bands,
        data,
        nodata: name.startsWith('Float') ? Number.NaN : 7,
        epsg: bands === 1 ? 4326 : 32633,
        transform: bands === 3 ? [1, 0.5, 2, -0.5, -1, 3] : [0.25, 0, -180, 0, -0.5, 90],
      };
      const dtype = name.replace('Array', '').toLowerCase();
      expect(await decodeGeoTiff(encodeGeoTiff(input))).toMatchObject({ ...input, dtype });
    },
  );

  it('gives back every shape, band count, type and value', async () => {
    const side = fc.integer({ min: 1, max: 17 });
    const nodata = fc.constantFrom(null, 0, 7, 127);
    const input = fc
      .record({
        width: side,
        height: side,
        bands: fc.integer({ min: 1, max: 13 }),
        type: fc.constantFrom(...types),
        nodata,
      })
      .chain(({ type, ...image }) => {
        const bytes = image.width * image.height * image.bands * type.BYTES_PER_ELEMENT;
        return fc
          .uint8Array({ minLength: bytes, maxLength: bytes })
          .map((values): GeoTiffInput => ({ ...image, data: new type(values.slice().buffer) }));
      });
    await fc.assert(
      fc.asyncProperty(input, async (image) => {
        const decoded = await decodeGeoTiff(encodeGeoTiff(image));
        expect(decoded).toMatchObject({ ...image, dtype: decoded.dtype, epsg: null, transform: null });
        expect(decoded.data.constructor).toBe(image.data.constructor);
      }),
    );
  });

  it('writes nothing of what is not given', async () => {
    const image = { width: 2, height: 1, bands: 1, data: new Uint8Array([1, 2]) };
    expect(await decodeGeoTiff(encodeGeoTiff(image))).toMatchObject({
      nodata: null,
      epsg: null,
      transform: null,
    });
  });

  it('refuses a length that does not fit', () => {
    const image = { width: 2, height: 2, bands: 1, data: new Uint8Array(3) };
    expect(() => encodeGeoTiff(image)).toThrow('encodeGeoTiff: data.length is 3; it must be 2 * 2 * 1');
    expect(() => encodeGeoTiff({ ...image, width: 0 })).toThrow('width is 0');
  });

  it('gives the values of a band their colours', async () => {
    const image = { width: 2, height: 1, bands: 1, data: new Uint8Array([1, 0]), nodata: 255 };
    const bytes = encodeGeoTiff({
      ...image,
      colours: [
        [0, 127, 255],
        [1, 2, 3],
      ],
    });
    expect(await decodeGeoTiff(bytes)).toMatchObject(image);
    const { fileDirectory } = await (await fromArrayBuffer(bytes.buffer as ArrayBuffer)).getImage();
    const map = Array.from((await fileDirectory.loadValue('ColorMap')) as ArrayLike<number>);
    expect(fileDirectory.getValue('PhotometricInterpretation')).toBe(3);
    expect(map.length).toBe(768);
    // All reds, then all greens and blues, of 16 bits.
    const parts = [0, 256, 512].map((start) => map.slice(start, start + 3));
    expect(parts).toEqual([
      [0, 257, 0],
      [127 * 257, 514, 0],
      [65535, 771, 0],
    ]);
  });

  it('refuses colours of other values than one band of uint8, and what is no colour', () => {
    const image = { width: 1, height: 1, bands: 1, colours: [[0, 0, 0]] as [number, number, number][] };
    expect(() => encodeGeoTiff({ ...image, data: new Uint16Array(1) })).toThrow(
      "encodeGeoTiff: colours is '1 colours for 1 bands of uint16'; it must be at most 256 for one band of uint8",
    );
    expect(() => encodeGeoTiff({ ...image, data: new Uint8Array(1), colours: [[0, 256, 0]] })).toThrow(
      /colours\[0\] is \[0, 256, 0\]; it must be three integers from 0 to 255/,
    );
  });

  it('says of a reference system what kind it is, by the registry', () => {
    const keys = (epsg: number, crsKind?: 'geographic' | 'projected') => {
      const bytes = encodeGeoTiff({ width: 1, height: 1, bands: 1, data: new Uint8Array(1), epsg, crsKind });
      const text = new Uint16Array(bytes.buffer, 0, bytes.length >> 1).join();
      return /,1024,0,1,(\d),1025,0,1,1,(\d+),0,1,(\d+)\b/.exec(text)?.slice(1).map(Number);
    };
    expect(keys(4326)).toEqual([2, 2048, 4326]);
    expect(keys(9777)).toEqual([2, 2048, 9777]); // RGF93 v2
    expect(keys(4087)).toEqual([1, 3072, 4087]); // WGS 84 / World Equidistant Cylindrical
    expect(keys(4087, 'projected')).toEqual([1, 3072, 4087]);
    expect(keys(30000, 'geographic')).toEqual([2, 2048, 30000]);
    expect(() => keys(30000)).toThrow(
      'encodeGeoTiff: epsg is 30000; it must be the code of a geographic or projected system of two dimensions, ' +
        'or come with its crsKind.',
    );
    expect(() => keys(4979)).toThrow('epsg is 4979'); // WGS 84 in three dimensions
    expect(() => keys(900913)).toThrow('epsg is 900913; it must be an integer from 1024 to 32766');
    expect(() => keys(4326, 'projected')).toThrow("crsKind is 'projected'; it must be one of 'geographic'");
  });
});
