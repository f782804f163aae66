import { joinBytes } from '../images/joinBytes.js';
import { openJpegDecoder } from '../images/jpegDecoder.js';
import { isFrame } from '../images/jpegHeader.js';
import type { BlockCodec } from './BlockCodec.js';
import { LayoutError } from './LayoutError.js';
import type { TiffLayout } from './tiffLayout.js';

const YCBCR = 6;
/** Scans of a progressive stream, at most: each goes over the whole block. libtiff's own limit. */
const MOST_SCANS = 100;

/**
 * The codec of blocks that are JPEG streams (TIFF technical note 2) of one band, or of three as RGB or YCbCr, which
 * become RGB, as GDAL reads them.
 */
export async function openJpegCodec(layout: TiffLayout): Promise<BlockCodec> {
  const { bits, format, blockWidth, jpegTables, photometric } = layout;
  const bands = layout.planar ? 1 : layout.bands;
  if (bits !== 8 || format !== 'uint')
    throw new LayoutError(`JPEG of ${bits}-bit values of the format ${format}`);
  if (bands !== 1 && bands !== 3) throw new LayoutError(`JPEG of ${bands} interleaved bands`);
  const decode = await openJpegDecoder('the compression JPEG');
  const tables = jpegTables ? segmentsOf(jpegTables).kept : [];
  return (stored, { rows, length }) => {
    const { kept, frame, rest } = segmentsOf(stored);
    if (!frame || !rest) throw new Error('a strip or tile is no JPEG stream.');
    // libjpeg takes three components for YCbCr unless Adobe's marker says otherwise.
    const adobe = [0xff, 0xee, 0, 14, ...new TextEncoder().encode('Adobe'), 0, 100, 0, 0, 0, 0];
    adobe.push(photometric === YCBCR ? 1 : 0);
    const marker = bands === 3 ? [Uint8Array.from(adobe)] : [];
    const jpeg = joinBytes([Uint8Array.of(0xff, 0xd8), ...marker, ...tables, ...kept, rest]);
    if (frame.precision !== 8) throw new LayoutError(`JPEG of ${frame.precision} bits`);
    // GDAL repeats a colour that stands for several pixels, the decoder smooths it.
    if (frame.subsampled) {
      const options = '-co COMPRESS=DEFLATE -co PHOTOMETRIC=RGB';
      throw new LayoutError('JPEG whose colours are subsampled (YCbCr 4:2:0 or alike)', options);
    }
    if (scansOf(rest) > MOST_SCANS) throw new Error(`a JPEG block has more than ${MOST_SCANS} scans.`);
    // A tile at the edge may be coded smaller than it is said to be.
    if (frame.components !== bands || frame.width < blockWidth || frame.height < rows) {
      throw new Error(
        `a JPEG block has ${frame.width} × ${frame.height} pixels of ${frame.components} bands; ` +
          `${blockWidth} × ${rows} of ${bands} are expected.`,
      );
    }
    if (frame.width * frame.height > 4 * blockWidth * (rows + 64)) {
      throw new Error(`a JPEG block has ${frame.width} × ${frame.height} pixels.`);
    }
    const { width, bands: found, pixels } = decode(jpeg);
    const rowBytes = blockWidth * bands;
    if (found !== bands || pixels.length < width * rows * bands) {
      throw new Error('a strip or tile is a damaged JPEG stream.');
    }
    const bytes = new Uint8Array(length);
    for (let row = 0; row < rows; row++) {
      const from = row * width * bands;
      bytes.set(pixels.subarray(from, from + rowBytes), row * rowBytes);
    }
    return bytes;
  };
}

function scansOf(stream: Uint8Array): number {
  let scans = 0;
  for (let at = stream.indexOf(0xff); at >= 0; at = stream.indexOf(0xff, at + 1))
    if (stream[at + 1] === 0xda) scans++;
  return scans;
}

interface Frame {
  precision: number;
  height: number;
  width: number;
  components: number;
  /** Not every component has a value for each pixel. */
  subsampled: boolean;
}

/** A stream's segments without those of applications, up to where the compressed data begin. */
function segmentsOf(stream: Uint8Array): { kept: Uint8Array[]; frame?: Frame; rest?: Uint8Array } {
  const kept: Uint8Array[] = [];
  let frame: Frame | undefined;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 2; at + 4 <= stream.length; ) {
    if (stream[at] !== 0xff) break;
    const marker = stream[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xda) return { kept, frame, rest: stream.subarray(at) };
    const length = view.getUint16(at + 2);
    if (isFrame(marker) && at + 10 <= stream.length) {
      if (frame) break;
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      const components = stream[at + 9];
      const factors = Array.from({ length: components }, (_, k) => stream[at + 11 + 3 * k]);
      const subsampled = factors.some((factor) => factor !== factors[0]);
      frame = { precision: stream[at + 4], height, width, components, subsampled };
    }
    const application = marker >= 0xe0 && marker <= 0xef;
    if (!application) kept.push(stream.subarray(at, at + 2 + length));
    at += 2 + length;
  }
  return { kept, frame };
}
