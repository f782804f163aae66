import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeGeoTiff, encodeGeoTiff, openRasterBlob } from '../../src/data/index.js';
import { smoothPixels } from '../support/chips.js';

const blobOf = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]);

/** Counts the bytes that are read of a file. */
class CountedBlob extends Blob {
  read = 0;
  override slice(start = 0, end = this.size): Blob {
    this.read += Math.min(end, this.size) - start;
    return super.slice(start, end);
  }
}

describe('openRasterBlob', () => {
  it('reads windows of a GeoTIFF, and only the parts of the file that hold them', async () => {
    const [height, width] = [900, 300];
    const data = Uint16Array.from(smoothPixels(2, 1, [height, width]));
    const bytes = encodeGeoTiff({ width, height, bands: 2, data, transform: [10, 0, 500, 0, -10, 900] });
    const file = new CountedBlob([bytes as Uint8Array<ArrayBuffer>]);
    const { info, format, read } = await openRasterBlob(file);
    expect([format, info.width, info.height, info.bands]).toEqual(['GeoTIFF', width, height, 2]);
    expect(file.read).toBeLessThan(2 ** 17);
    const window = { top: 450, left: 20, height: 3, width: 4 };
    const part = await read(window);
    const rows = Array.from({ length: 3 }, (_, row) => ((450 + row) * width + 20) * 2);
    expect([...part.data]).toEqual(rows.flatMap((from) => [...data.subarray(from, from + 8)]));
    expect(part.transform).toEqual([10, 0, 700, 0, -10, 900 - 4500]);
    expect((await read()).data).toEqual((await decodeGeoTiff(bytes)).data);
  });

  it('reads PNG and JPEG, and of alpha a mask where it is asked for', async () => {
    const jpeg = readFileSync(new URL('./images/turned.jpg', import.meta.url));
    const { format, info } = await openRasterBlob(blobOf(jpeg));
    expect([format, info.bands]).toEqual(['JPEG', 3]);
    const { encode } = await import('fast-png');
    const png = encode({
      width: 2,
      height: 1,
      channels: 4,
      data: new Uint8Array([1, 2, 3, 255, 4, 5, 6, 0]),
    });
    const file = await openRasterBlob(blobOf(png));
    expect((await file.read()).bands).toBe(4);
    const masked = await file.read(undefined, { alpha: 'mask' });
    expect([masked.bands, [...masked.valid!]]).toEqual([3, [1, 1, 1, 0, 0, 0]]);
  });

  it('names the file in its errors', async () => {
    const file = new File([new Uint8Array([1, 2, 3, 4])], 'scene.tif');
    await expect(openRasterBlob(file)).rejects.toThrow(
      /^scene\.tif: cannot be read as a GeoTIFF: it begins with 01/,
    );
    await expect(openRasterBlob(file, { name: 'x' })).rejects.toThrow(/^x: cannot/);
    await expect(openRasterBlob(new Uint8Array(4) as never)).rejects.toThrow('openRasterBlob: blob');
    const bytes = encodeGeoTiff({ width: 64, height: 64, bands: 1, data: new Float32Array(4096) });
    const { read } = await openRasterBlob(blobOf(bytes), { name: 'a.tif' });
    await expect(read(undefined, { maxBytes: 1000 })).rejects.toThrow(/^a\.tif: .*1000/);
    await expect(read({ top: 0, left: 60, height: 1, width: 5 })).rejects.toThrow(/^a\.tif: /);
    const cut = await openRasterBlob(blobOf(bytes.slice(0, 16_000)), { name: 'cut.tif' })
      .then(
        ({ read: all }) => all(),
        (error) => Promise.reject(error),
      )
      .catch((error: Error) => error.message);
    expect(cut).toMatch(/^cut\.tif: .*cut short/);
  });
});
