import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeGeoTiff } from '../../../src/data/index.js';
import { readChipHeader } from '../../../src/data/node/index.js';
import { startChipServer } from '../chipServer.js';
import { expected, readBytes } from '../geoTiffFixture.js';

const dataPath = mkdtempSync(path.join(tmpdir(), 'header-'));
const chip = encodeGeoTiff({ width: 3, height: 2, bands: 2, data: new Int16Array(12), nodata: -1 });
const plain = {
  alphaBand: null,
  scales: null,
  offsets: null,
  bandNames: null,
  format: 'GeoTIFF',
  remarks: [],
};
const header = { width: 3, height: 2, bands: 2, dtype: 'int16', nodata: -1, ...plain };
afterAll(() => rmSync(dataPath, { recursive: true }));

describe('readChipHeader', () => {
  it('reads a file and an address', async () => {
    writeFileSync(path.join(dataPath, 'a.tif'), chip);
    expect(await readChipHeader('a.tif', { dataPath })).toEqual(header);
    expect(await readChipHeader(path.join(dataPath, 'a.tif'))).toEqual(header);
    const server = await startChipServer(new Map([['/a.tif', chip]]));
    expect(await readChipHeader(server.urlOf('/a.tif'))).toEqual(header);
    await server.close();
  });

  it.each(expected.files.map((file) => [file.file, file] as const))('%s', async (name, file) => {
    writeFileSync(path.join(dataPath, 'b.tif'), readBytes(name));
    expect(await readChipHeader('b.tif', { dataPath })).toEqual({
      width: file.width,
      height: file.height,
      bands: file.count,
      dtype: file.dtype,
      nodata: file.nodata === 'NaN' ? Number.NaN : file.nodata,
      ...plain,
      alphaBand: file.dtype === 'uint8' && file.count === 4 ? 3 : null, // So GDAL writes them.
    });
  });

  it('names the file that is missing, empty, cut short or no TIFF', async () => {
    const bad: [string, Uint8Array, RegExp][] = [
      ['empty.tif', new Uint8Array(0), /empty\.tif: the file is empty/],
      ['short.tif', chip.subarray(0, chip.length - 1), /short\.tif: .*cut short/],
      ['text.tif', Buffer.from('image,usage\n'.repeat(9)), /text\.tif: cannot be read as a GeoTIFF/],
    ];
    for (const [name, bytes, message] of bad) {
      writeFileSync(path.join(dataPath, name), bytes);
      await expect(readChipHeader(name, { dataPath })).rejects.toThrow(message);
    }
    await expect(readChipHeader('none.tif', { dataPath })).rejects.toThrow(
      /none\.tif: cannot be read: ENOENT/,
    );
  });
});
