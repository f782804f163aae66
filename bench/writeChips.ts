import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodeGeoTiff } from 'diffusion-ssl/data';

/** A kind of chips that the loader is timed on. */
export interface ChipKind {
  name: string;
  side: number;
  bands: number;
  type: 'uint8' | 'float32' | 'uint16';
  /** Deflate with the horizontal predictor, in strips of about 8 KiB as GDAL writes them. */
  deflate: boolean;
  count: number;
}

/** The sample chips of this package, as bytes and as floats, and chips like those of NICFI's mosaics. */
export const chipKinds: readonly ChipKind[] = [
  { name: 'sample uint8', side: 64, bands: 4, type: 'uint8', deflate: false, count: 1024 },
  { name: 'sample float32', side: 64, bands: 4, type: 'float32', deflate: false, count: 1024 },
  { name: 'NICFI uint16', side: 224, bands: 4, type: 'uint16', deflate: true, count: 128 },
];

/** Writes chip after chip into a folder; returns their names. */
export function writeChips(kind: ChipKind, folder: string): string[] {
  const { side, bands, type, deflate, count } = kind;
  const Values = { uint8: Uint8Array, float32: Float32Array, uint16: Uint16Array }[type];
  return Array.from({ length: count }, (_, i) => {
    const data = new Values(side * side * bands);
    fillScene(data, kind, i);
    const name = `${i}.tif`;
    const bytes =
      deflate && data instanceof Uint16Array
        ? deflatedTiff(data, side, bands)
        : encodeGeoTiff({ width: side, height: side, bands, data });
    writeFileSync(path.join(folder, name), bytes);
    return name;
  });
}

/** Fills a square image: smooth relief with the noise of a sensor, so that it compresses about as a mosaic does. */
export function fillScene(
  data: Uint8Array | Uint16Array | Float32Array,
  { side, bands, type }: Pick<ChipKind, 'side' | 'bands' | 'type'>,
  seed: number,
) {
  const scale = { uint8: 1, float32: 1 / 255, uint16: 40 }[type];
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    const [band, column, row] = [i % bands, Math.floor(i / bands) % side, Math.floor(i / bands / side)];
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const relief = Math.sin((column + 7 * seed) / 19 + band) * Math.cos((row - 3 * seed) / 23) * 50;
    data[i] = (100 + 10 * band + relief + (state / 2 ** 32) * 4) * scale;
  }
}

/** A TIFF of uint16 values, the band changing fastest. */
export function deflatedTiff(data: Uint16Array, side: number, bands: number): Uint8Array {
  const rowLength = side * bands;
  const rows = Math.max(1, Math.floor(8192 / (2 * rowLength)));
  const strips: Uint8Array[] = [];
  for (let row = 0; row < side; row += rows) {
    const strip = data.slice(row * rowLength, Math.min(side, row + rows) * rowLength);
    for (let i = strip.length - 1; i >= 0; i--) {
      if (i % rowLength >= bands) strip[i] -= strip[i - bands];
    }
    strips.push(deflateSync(new Uint8Array(strip.buffer)));
  }
  const tags = 11;
  const lists = 8 + 2 + 12 * tags + 4;
  const pixels = lists + 8 * strips.length + 2 * bands;
  const bytes = new Uint8Array(pixels + strips.reduce((sum, strip) => sum + strip.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, tags, 0]);
  const [short, long] = [3, 4];
  // What takes four bytes at most stands in the entry itself.
  const single = strips.length === 1;
  const entries = [
    [256, long, 1, side],
    [257, long, 1, side],
    [258, short, bands, bands > 2 ? lists + 8 * strips.length : [16, 0x100010][bands - 1]],
    [259, short, 1, 8],
    [262, short, 1, 1],
    [273, long, strips.length, single ? pixels : lists],
    [277, short, 1, bands],
    [278, long, 1, rows],
    [279, long, strips.length, single ? strips[0].length : lists + 4 * strips.length],
    [284, short, 1, 1],
    [317, short, 1, 2],
  ];
  entries.forEach(([code, type, count, value], i) => {
    const at = 10 + 12 * i;
    view.setUint16(at, code, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  let at = pixels;
  strips.forEach((strip, i) => {
    view.setUint32(lists + 4 * i, at, true);
    view.setUint32(lists + 4 * (strips.length + i), strip.length, true);
    bytes.set(strip, at);
    at += strip.length;
  });
  for (let band = 0; band < bands; band++) view.setUint16(lists + 8 * strips.length + 2 * band, 16, true);
  return bytes;
}
