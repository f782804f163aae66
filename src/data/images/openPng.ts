import type { PixelArray } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import { inflateBy } from '../tiff/BlockCodec.js';
import { LayoutError } from '../tiff/LayoutError.js';
import { missingPackage } from '../tiff/missingPackage.js';
import type { TiffSource } from '../tiff/TiffSource.js';
import { unpackValues } from '../tiff/unpackValues.js';
import type { OpenImage } from './imageTypes.js';
import { joinBytes } from './joinBytes.js';
import { nameOf, type PngHeader, readPngHeader } from './pngHeader.js';
import { named, type WholePixels, wholeImage } from './wholeImage.js';

/** The chunks that values depend on. */
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** First row and column, and steps, of the passes of an interlaced image (Adam7). */
const PASSES = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const;

/**
 * Reads the header of a PNG. Its values are those that GDAL reads: places in a palette as they are, values of 1 to 4
 * bits not stretched.
 *
 * @throws If it contradicts itself, or is of a kind that is not read.
 */
export function openPng(source: TiffSource, mask?: TiffSource): Promise<OpenImage> {
  return named('PNG', async () => {
    const header = await readPngHeader(source);
    const { width, height, bands, depth, isPalette, hasAlpha, interlaced, clear } = header;
    if (interlaced && depth < 8) throw new LayoutError(`an interlaced PNG of ${depth} bits`);
    const remarks = isPalette
      ? [
          'Its values are places in a palette, which are no colours: gdal_translate -expand rgb FILE colours.tif ' +
            'makes these of them.',
        ]
      : [];
    return wholeImage(
      source,
      {
        format: 'PNG',
        info: {
          width,
          height,
          bands,
          dtype: depth === 16 ? 'uint16' : 'uint8',
          nodata: clear.length === 1 ? clear[0] : null,
          alphaBand: hasAlpha ? bands - 1 : null,
        },
        nodataValues: clear.length > 1 ? clear : null,
        remarks,
        decode: (file, decoder) => decodePng(file, header, decoder),
      },
      mask,
    );
  });
}

async function decodePng(file: Uint8Array, header: PngHeader, decoder: PixelDecoder): Promise<WholePixels> {
  const { chunks, pixels } = chunksOf(file);
  // Before the library unpacks them: what they hold must be what the header promises, and no more.
  const bytes = bytesOf(header);
  const inflated = await inflateBy(decoder)(pixels, bytes + 1);
  if (inflated.length !== bytes) {
    const has = inflated.length > bytes ? 'more' : `${inflated.length}`;
    throw new Error(`its pixels are ${bytes} bytes, of which it has ${has}.`);
  }
  const decode = await loadDecoder();
  const { data } = decode(joinBytes([file.subarray(0, 8), ...chunks]), { checkCrc: true });
  const { width, bands, depth } = header;
  const packed = { bits: depth, format: 'uint', dtype: 'uint8' } as const;
  const isPacked = depth < 8;
  return {
    values: isPacked ? unpackValues(data as Uint8Array, packed, width * bands) : (data as PixelArray),
  };
}

async function loadDecoder() {
  try {
    return (await import('fast-png')).decode;
  } catch (error) {
    throw missingPackage('fast-png', 'PNG', error);
  }
}

/** The chunks that are needed, whole, and the compressed pixels in them. */
function chunksOf(file: Uint8Array): { chunks: Uint8Array[]; pixels: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Uint8Array[] = [];
  const pixels: Uint8Array[] = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > file.length) break;
    const name = nameOf(file.subarray(at, at + 8));
    if (NEEDED.includes(name)) chunks.push(file.subarray(at, end));
    if (name === 'IDAT') pixels.push(file.subarray(at + 8, end - 4));
    if (name === 'IEND') return { chunks, pixels: joinBytes(pixels) };
    at = end;
  }
  throw new Error(`it is cut short: ${file.length} bytes, and no end.`);
}

/** Bytes of all rows, each with one for its filter. */
function bytesOf({ width, height, bands, depth, interlaced }: PngHeader): number {
  const bytes = (rows: number, columns: number) =>
    columns > 0 ? rows * (1 + Math.ceil((columns * bands * depth) / 8)) : 0;
  if (!interlaced) return bytes(height, width);
  return PASSES.reduce((sum, [top, left, down, right]) => {
    const [rows, columns] = [Math.ceil((height - top) / down), Math.ceil((width - left) / right)];
    return sum + bytes(Math.max(0, rows), Math.max(0, columns));
  }, 0);
}
