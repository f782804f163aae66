import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/index.js';

const folder = new URL('rasters/', import.meta.url);
const { files } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
const grey = files.find(
  ({ family, layout }: { family: string; layout: string }) =>
    family === 'jpeg' && !/YCBCR|bands/.test(layout),
);

it('a JPEG block with hundreds of scans, as no writer makes them, is refused before it is decoded', async () => {
  const bytes = new Uint8Array(readFileSync(new URL(`${grey.name}.tif`, folder)));
  expect((await decodeGeoTiff(bytes)).width).toBe(grey.width);
  // The last strip or tile, behind which more scans are put; its length in the header grows with them.
  const scans = Uint8Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? 0xff : 0xda));
  const view = new DataView(bytes.buffer);
  const little = bytes[0] === 0x49;
  const directory = view.getUint32(4, little);
  const longer = new Uint8Array(bytes.length + 2 ** 14);
  longer.set(bytes);
  const out = new DataView(longer.buffer);
  for (let i = 0; i < view.getUint16(directory, little); i++) {
    const entry = directory + 2 + 12 * i;
    const tag = view.getUint16(entry, little);
    if (tag !== 273 && tag !== 279 && tag !== 324 && tag !== 325) continue;
    expect(view.getUint32(entry + 4, little)).toBe(1);
    const isOffset = tag === 273 || tag === 324;
    const short = view.getUint16(entry + 2, little) === 3;
    const value = short ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little);
    out.setUint16(entry + 2, 4, little);
    if (isOffset) {
      longer.copyWithin(bytes.length, value, bytes.length);
      out.setUint32(entry + 8, bytes.length, little);
    } else {
      longer.set(scans, bytes.length + value);
      out.setUint32(entry + 8, value + scans.length, little);
    }
  }
  await expect(decodeGeoTiff(longer)).rejects.toThrow('a JPEG block has more than 100 scans');
});
