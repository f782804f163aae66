import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sharedDecoder } from '../../src/data/decodeGeoTiff.js';
import { openImage } from '../../src/data/images/openImage.js';
import { decodeChip, decodeGeoTiff, decodeRaster, encodeGeoTiff } from '../../src/data/index.js';
import { BlockCache } from '../../src/data/tiff/BlockCache.js';
import { memorySource } from '../../src/data/tiff/TiffSource.js';
import { DataError } from '../../src/errors/index.js';

interface Expected {
  name: string;
  shape: [height: number, width: number, bands: number];
  dtype: string;
  nodata: number | null;
  /** Deflated, base64: values as uint16, and where masks are not 0. */
  values: string;
  valid: string | null;
}

const folder = new URL('images/', import.meta.url);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const { files } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as { files: Expected[] };
const inflated = (text: string) => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));
const isRefused = (name: string) => /(grey-[124]-adam7|palette-4)\.png$/.test(name);

describe('decodeRaster', () => {
  it.each(files.filter(({ name }) => !isRefused(name)).map((file) => [file.name, file] as const))(
    '%s has the values of GDAL or Pillow',
    async (name, { shape, dtype, nodata, values, valid }) => {
      const mask = existsSync(new URL(`${name}.msk`, folder)) ? bytesOf(`${name}.msk`) : undefined;
      const image = await decodeRaster(bytesOf(name), { name, mask });
      expect([image.height, image.width, image.bands, image.dtype]).toEqual([...shape, dtype]);
      expect([...image.data]).toEqual([...new Uint16Array(inflated(values).buffer)]);
      expect(image.valid && [...image.valid]).toEqual(valid && [...inflated(valid)]);
      // GDAL says it of each band by itself, and masks by all together.
      if (name !== 'rgb-clear.png') expect(image.nodata).toBe(nodata);
      const alpha = /alpha|rgba/.test(name) ? shape[2] - 1 : null;
      expect(image).toMatchObject({ alphaBand: alpha, epsg: null, transform: null, scales: null });
    },
  );

  it('compares every kind', () => {
    expect(files.map(({ name }) => name)).toEqual(
      readdirSync(folder)
        .filter((name) => /\.(png|jpg)$/.test(name) && name !== 'cmyk.jpg')
        .sort(),
    );
    expect(files.length).toBeGreaterThan(35);
  });

  it('leaves alpha out where it is a mask', async () => {
    const { bands, valid, data } = await decodeRaster(bytesOf('rgba-16.png'), { alpha: 'mask' });
    const whole = await decodeRaster(bytesOf('rgba-16.png'));
    expect(bands).toBe(3);
    expect([...data].slice(0, 3)).toEqual([...whole.data].slice(0, 3));
    const pixel = 3 * (2 * 13 + 3);
    expect([...valid!.slice(pixel - 3, pixel + 3)]).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('reads a file by its content: GeoTIFF too, which alone decodeGeoTiff reads', async () => {
    const tiff = encodeGeoTiff({ width: 2, height: 1, bands: 1, data: new Uint8Array([1, 2]), epsg: 4326 });
    expect((await decodeRaster(tiff, { name: 'a.png' })).epsg).toBe(4326);
    await expect(decodeGeoTiff(bytesOf('rgb-8.png'), { name: 'a.tif' })).rejects.toThrow(
      'a.tif: cannot be read as a GeoTIFF: it is a PNG image',
    );
    await expect(decodeRaster(Buffer.from('image,usage\n'), { name: 'a.png' })).rejects.toThrow(
      'a.png: cannot be read as a GeoTIFF: it is a text file',
    );
  });

  it.each([
    ['grey-2-adam7.png', 'PNG', 'an interlaced PNG of 2 bits'],
    ['palette-4.png', 'PNG', 'an interlaced PNG of 4 bits'],
    ['cmyk.jpg', 'JPEG', 'JPEG of four colours, CMYK or YCCK'],
  ])('refuses %s by name', async (name, format, what) => {
    const reading = decodeRaster(bytesOf(name), { name });
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(
      `${name}: cannot be read as a ${format}: its layout is not supported: ${what}. Convert it by: gdal_translate`,
    );
  });
});

describe('damaged files', () => {
  const kinds = [
    'rgb-8.png',
    'grey-16-adam7.png',
    'palette-8.png',
    '420.jpg',
    'progressive.jpg',
    'turned.jpg',
  ];

  it.each(kinds)('%s is refused wherever it is cut short', async (name) => {
    const bytes = bytesOf(name);
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let length = 12; length < bytes.length; length += step) {
      const reading = decodeRaster(bytes.slice(0, length), { name });
      await expect(reading, `${length} bytes`).rejects.toThrow(`${name}: cannot be read as a `);
    }
  });

  it.each(kinds)('%s is read or refused by name, whatever byte is another', async (name) => {
    const bytes = bytesOf(name);
    const step = Math.max(1, Math.floor(bytes.length / 300));
    for (let at = 3; at < bytes.length; at += step) {
      const other = bytes.slice();
      other[at] ^= 1 << (at % 8);
      const error = await decodeRaster(other, { name }).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      if (error) expect(error, `byte ${at}`).toBeInstanceOf(DataError);
      if (error) expect(error.message).toContain(name);
      // A checksum covers each byte that is needed; colours of a palette are not.
      else if (/^(rgb|grey).*png$/.test(name) && at > 8)
        expect.unreachable(`byte ${at} of ${name} is another`);
    }
  });

  /** A PNG with a header of its own before pixels of its own. */
  function pngOf(width: number, height: number, pixels: Uint8Array): Uint8Array {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2], 8);
    const chunk = (name: string, content: Uint8Array) => {
      const body = Buffer.concat([Buffer.from(name), content]);
      const ends = [Buffer.alloc(4), Buffer.alloc(4)];
      ends[0].writeUInt32BE(content.length);
      ends[1].writeUInt32BE(crc32(body));
      return Buffer.concat([ends[0], body, ends[1]]);
    };
    const signature = bytesOf('rgb-8.png').subarray(0, 8);
    const chunks = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', new Uint8Array(0))];
    return Buffer.concat([signature, ...chunks]);
  }

  it('may be bombs, which are told at once', async () => {
    const pixels = deflateSync(new Uint8Array(2 * 7));
    expect((await decodeRaster(pngOf(2, 2, pixels))).data).toHaveLength(12);
    const huge = bytesOf('420.jpg');
    const frame = huge.findIndex((byte, at) => byte === 0xff && huge[at + 1] === 0xc0);
    huge.set([0xea, 0x60, 0xea, 0x60], frame + 5);
    const bombs: [string, Uint8Array, RegExp][] = [
      [
        'wide.png',
        pngOf(60_000, 60_000, pixels),
        /60000 × 60000 pixels of 3 bands, 43200000000 bytes of at most 268435456/,
      ],
      [
        'deep.png',
        pngOf(2, 2, deflateSync(new Uint8Array(3e8))),
        /its pixels are 14 bytes, of which it has more/,
      ],
      ['flat.png', pngOf(4000, 4000, pixels), /its pixels are 48004000 bytes, of which it has 14/],
      ['wide.jpg', huge, /60000 × 60000 pixels of 3 bands/],
    ];
    for (const [name, bytes, message] of bombs) {
      const from = performance.now();
      await expect(decodeRaster(bytes, { name }), name).rejects.toThrow(message);
      expect(performance.now() - from, name).toBeLessThan(2000);
    }
  });

  it('may have scans without end', async () => {
    const bytes = bytesOf('progressive.jpg');
    const scan = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xda);
    const next = bytes.findIndex(
      (byte, at) => at > scan + 2 && byte === 0xff && ![0, 0xff].includes(bytes[at + 1]),
    );
    const parts = [
      bytes.subarray(0, scan),
      ...new Array(200).fill(bytes.subarray(scan, next)),
      bytes.subarray(next),
    ];
    await expect(decodeRaster(Buffer.concat(parts), { name: 'a.jpg' })).rejects.toThrow(
      /a\.jpg: .* it has 2\d\d scans/,
    );
  });

  it('are told by decodeChip too, by name', async () => {
    const good = { name: 'a.png', bytes: bytesOf('rgb-8.png') };
    const { channels, data } = await decodeChip([good], { channels: 3, normalization: null });
    expect([channels, data.length]).toEqual([3, 429]);
    const bad = { name: 'b.png', bytes: good.bytes.slice(0, 300) };
    await expect(decodeChip([bad], { channels: 3 })).rejects.toThrow(
      'b.png: cannot be read as a PNG: it is cut short',
    );
  });
});

describe('an open image', () => {
  const open = (name: string) => openImage(memorySource(bytesOf(name)));

  it('gives windows and chosen bands, from what is kept', async () => {
    const opened = await open('rgba-8.png');
    const decoder = await sharedDecoder();
    const whole = await opened.read({ decoder });
    const cache = new BlockCache(1e6);
    const part = { top: 1, left: 2, height: 3, width: 4 };
    for (let turn = 0; turn < 2; turn++) {
      const blocks = { cache, file: 'a' };
      const { data, valid, bands, height, width } = await opened.read({
        decoder,
        part,
        bands: [2, 0],
        blocks,
      });
      expect([height, width, bands]).toEqual([3, 4, 2]);
      const pixels = Array.from({ length: 12 }, (_, i) => 4 * ((1 + Math.floor(i / 4)) * 13 + 2 + (i % 4)));
      expect([...data]).toEqual(pixels.flatMap((at) => [whole.data[at + 2], whole.data[at]]));
      expect([...valid!]).toEqual(pixels.flatMap((at) => [whole.valid![at], whole.valid![at]]));
      expect(cache.byteLength).toBe(13 * 11 * 4);
    }
    await expect(opened.read({ decoder, part: { ...part, left: 10 } })).rejects.toThrow('read: window is');
  });

  it('says what its values are not', async () => {
    expect((await open('turned.jpg')).remarks).toEqual([expect.stringContaining('EXIF orientation is 6')]);
    expect((await open('palette-8.png')).remarks).toEqual([expect.stringContaining('places in a palette')]);
    expect((await open('rgb-8.png')).remarks).toEqual([]);
  });
});
