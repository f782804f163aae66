import { readExactly, type TiffSource } from '../tiff/TiffSource.js';

/** What the chunks of a PNG before its pixels say. */
export interface PngHeader {
  width: number;
  height: number;
  /** Bits of a value. */
  depth: number;
  bands: number;
  isPalette: boolean;
  hasAlpha: boolean;
  interlaced: boolean;
  /** Values that are transparent: of each band together, or of the palette. */
  clear: number[];
}

/** Bands of each colour type, and the depths that it may have. */
const COLOURS: Readonly<Record<number, { bands: number; depths: readonly number[] }>> = {
  0: { bands: 1, depths: [1, 2, 4, 8, 16] },
  2: { bands: 3, depths: [8, 16] },
  3: { bands: 1, depths: [1, 2, 4, 8] },
  4: { bands: 2, depths: [8, 16] },
  6: { bands: 4, depths: [8, 16] },
};
const PALETTE = 3;
const SIGNATURE = 8;
/** Chunks before the pixels, at most, and bytes of one that is read. */
const MOST_CHUNKS = 1024;
const MOST_BYTES = 1024;

/**
 * Reads the header of a PNG.
 *
 * @throws If it contradicts itself or ends before its pixels begin.
 */
export async function readPngHeader(source: TiffSource): Promise<PngHeader> {
  let header: PngHeader | undefined;
  let at = SIGNATURE;
  for (let count = 0; count < MOST_CHUNKS; count++) {
    const head = await readExactly(source, at, 8);
    const length = viewOf(head).getUint32(0);
    const name = nameOf(head);
    const content = () => readExactly(source, at + 8, Math.min(length, MOST_BYTES));
    if (!header) {
      if (name !== 'IHDR' || length !== 13)
        throw new Error(`it begins with the chunk ${name}, not with IHDR.`);
      header = parseHeader(await content());
    } else if (name === 'tRNS') header.clear = clearValues(header, await content());
    else if (name === 'IDAT') return header;
    else if (name === 'IEND') break;
    at += 12 + length;
  }
  throw new Error('it has no pixels.');
}

/** The name of a chunk, from its length on. */
export function nameOf(head: Uint8Array): string {
  return String.fromCharCode(...head.subarray(4, 8)).replaceAll(/[^\w]/g, '?');
}

function parseHeader(bytes: Uint8Array): PngHeader {
  const view = viewOf(bytes);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, compression, filter, interlace] = bytes.subarray(8, 13);
  if (width < 1 || height < 1 || Math.max(width, height) >= 2 ** 31)
    throw new Error(`it has ${width} × ${height} pixels.`);
  const colour = COLOURS[type];
  if (!colour?.depths.includes(depth)) throw new Error(`its colour type is ${type}, of ${depth} bits.`);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw new Error(`its compression, filter and interlace are ${compression}, ${filter} and ${interlace}.`);
  const hasAlpha = type === 4 || type === 6;
  const isPalette = type === PALETTE;
  return {
    width,
    height,
    depth,
    bands: colour.bands,
    isPalette,
    hasAlpha,
    interlaced: interlace === 1,
    clear: [],
  };
}

/** As GDAL takes them: of a palette the only place that nothing is seen of. */
function clearValues({ bands, depth, isPalette, hasAlpha }: PngHeader, bytes: Uint8Array): number[] {
  if (isPalette) {
    const clear = Array.from(bytes.keys()).filter((place) => bytes[place] === 0);
    return clear.length === 1 ? clear : [];
  }
  if (hasAlpha || bytes.length < 2 * bands) return [];
  return Array.from({ length: bands }, (_, band) => viewOf(bytes).getUint16(2 * band) % 2 ** depth);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
