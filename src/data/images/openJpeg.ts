import type { PixelDecoder } from '../loadPixelDecoder.js';
import { inflateBy } from '../tiff/BlockCodec.js';
import { LayoutError } from '../tiff/LayoutError.js';
import type { TiffSource } from '../tiff/TiffSource.js';
import type { OpenImage } from './imageTypes.js';
import { openJpegDecoder } from './jpegDecoder.js';
import { type JpegHeader, readJpegHeader } from './jpegHeader.js';
import { named, wholeImage } from './wholeImage.js';

/** Ways of coding that are read: sequential and progressive, by Huffman's code. */
const PROCESSES = [0xc0, 0xc1, 0xc2];
/** Scans of a file, and pixels of all of them, at most: each goes over the whole image. */
const MOST_SCANS = 100;
const MOST_PIXELS = 2 ** 30;

/**
 * Reads the header of a JPEG file. Its values are those of libjpeg-turbo, as Pillow reads them, unturned.
 *
 * @throws If it contradicts itself, or is of a kind that is not read.
 */
export function openJpeg(source: TiffSource, mask?: TiffSource): Promise<OpenImage> {
  return named('JPEG', async () => {
    const header = await readJpegHeader(source);
    const { width, height, components: bands, precision, process, orientation } = header;
    if (precision !== 8) throw new LayoutError(`JPEG of ${precision} bits`);
    if (!PROCESSES.includes(process)) throw new LayoutError('JPEG that is lossless or coded arithmetically');
    if (bands === 4) throw new LayoutError('JPEG of four colours, CMYK or YCCK');
    if (bands !== 1 && bands !== 3) throw new LayoutError(`JPEG of ${bands} bands`);
    const turned = orientation > 1 && orientation <= 8;
    const info = { width, height, bands, dtype: 'uint8', nodata: null, alphaBand: null } as const;
    const remarks = turned
      ? [
          `Its EXIF orientation is ${orientation}: others show it turned, its values are read as they are stored.`,
        ]
      : [];
    const decode = async (file: Uint8Array, decoder: PixelDecoder) => {
      const { values, end } = await decodeJpeg(file, header);
      return { values, mask: await appendedMask(file, end, { width, height, decoder }) };
    };
    return wholeImage(source, { format: 'JPEG', info, nodataValues: null, remarks, decode }, mask);
  });
}

async function decodeJpeg(
  file: Uint8Array,
  header: JpegHeader,
): Promise<{ values: Uint8Array; end: number }> {
  const { scans, end } = scansOf(file);
  if (end === undefined) throw new Error(`it is cut short: ${file.length} bytes, and no end.`);
  if (scans > MOST_SCANS || scans * header.width * header.height > MOST_PIXELS)
    throw new Error(`it has ${scans} scans of ${header.width} × ${header.height} pixels.`);
  const decode = await openJpegDecoder('JPEG');
  const { width, height, bands, pixels } = decode(file.subarray(0, end));
  if (width === header.width && height === header.height && bands === header.components)
    return { values: pixels, end };
  throw new Error(
    `it has ${width} × ${height} pixels of ${bands} bands where its header says something else.`,
  );
}

/** The mask that GDAL appends to a JPEG: deflated bits, and behind them where they begin. */
async function appendedMask(
  file: Uint8Array,
  end: number,
  { width, height, decoder }: { width: number; height: number; decoder: PixelDecoder },
): Promise<Uint8Array | undefined> {
  const last = file.length - 4;
  if (last <= end || new DataView(file.buffer, file.byteOffset + last).getUint32(0, true) !== end)
    return undefined;
  const length = Math.ceil((width * height) / 8);
  const bits = await inflateBy(decoder)(file.subarray(end, last), length);
  if (bits.length !== length) throw new Error(`its mask has ${bits.length} bytes of ${length}.`);
  return Uint8Array.from({ length: width * height }, (_, i) => (bits[i >> 3] >> (i & 7)) & 1);
}

/** How many scans there are, and where the image ends. */
function scansOf(file: Uint8Array): { scans: number; end?: number } {
  let scans = 0;
  for (let at = 2; at + 1 < file.length; ) {
    const marker = file[at + 1];
    const isCode = file[at] !== 0xff || marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7);
    if (isCode) {
      at = file.indexOf(0xff, at + 1);
      if (at < 0) break;
    } else if (marker === 0xd9) return { scans, end: at + 2 };
    else {
      if (marker === 0xda) scans++;
      at += 2 + ((file[at + 2] << 8) | file[at + 3]);
    }
  }
  return { scans };
}
