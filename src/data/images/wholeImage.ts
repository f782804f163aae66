import type { GeoTiffInfo, PixelArray, PixelWindow } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import { pickBands } from '../pickBands.js';
import { LayoutError } from '../tiff/LayoutError.js';
import { openMaskFile } from '../tiff/openMaskFile.js';
import { MOST_BYTES } from '../tiff/readPixels.js';
import { readExactly, type TiffSource } from '../tiff/TiffSource.js';
import { type MissingMarks, validValues } from '../tiff/validValues.js';
import { windowOf } from '../tiff/windowOf.js';
import { FormatError } from './FormatError.js';
import type { OpenImage, RasterFormat } from './imageTypes.js';

/** What the header of an image says that has no place on Earth, and how it is decoded. */
export interface WholeImage {
  format: RasterFormat;
  info: Pick<GeoTiffInfo, 'width' | 'height' | 'bands' | 'dtype' | 'nodata' | 'alphaBand'>;
  /** A pixel is missing where every band has its value. */
  nodataValues: number[] | null;
  remarks: readonly string[];
  /** All values of the file. The next call may overwrite them. */
  decode(file: Uint8Array, decoder: PixelDecoder): Promise<WholePixels>;
}

/** All values of an image, height × width × bands. */
export interface WholePixels {
  values: PixelArray;
  /** A value a pixel, 0 where it is missing. */
  mask?: Uint8Array;
}

/** An image of a format that is decoded whole, whatever part of it is wanted. */
export function wholeImage(source: TiffSource, image: WholeImage, mask: TiffSource | undefined): OpenImage {
  const { format, nodataValues, remarks, decode } = image;
  const none = { epsg: null, crsKind: null, transform: null, scales: null, offsets: null, bandNames: null };
  const info: GeoTiffInfo = { ...image.info, ...none };
  const { width, height, bands, dtype, nodata } = info;
  const file = async (most: number) => {
    if (Number.isFinite(source.size) && source.size <= most) return readExactly(source, 0, source.size);
    const bytes = await source.read(0, most + 1);
    if (bytes.length <= most) return bytes;
    throw new Error(`it has more than ${most} bytes (maxBytes).`);
  };
  return {
    format,
    info,
    remarks,
    fingerprint: () => named(format, async () => [await file(2 * MOST_BYTES)]),
    read: async ({ decoder, part, bands: chosen, maxBytes = MOST_BYTES, blocks }) => {
      const window = windowOf(info, part);
      return named(format, async () => {
        const size = 4 * width * height * bands;
        if (size > maxBytes) {
          const what = `${width} × ${height} pixels of ${bands} bands, ${size} bytes of at most ${maxBytes}`;
          throw new LayoutError(
            `${what}, which a ${format} has to be decoded for whole`,
            '-co TILED=YES -co COMPRESS=DEFLATE',
          );
        }
        const kept = blocks?.cache.of(`${blocks.file} image`);
        const held = kept?.get(0, width * height * bands);
        const all: WholePixels = held ? { values: held } : await decode(await file(2 * maxBytes), decoder);
        if (!all.mask) kept?.keep(0, all.values, all.values.length);
        const data = cut(all.values, info, window);
        const marks: MissingMarks = { nodataValues, nodata, alphaBand: chosen ? null : info.alphaBand };
        if (all.mask) marks.mask = cut(all.mask, { ...info, bands: 1 }, window) as Uint8Array;
        else if (mask) {
          const reading = { decoder, mostBytes: maxBytes, fill: 0 };
          Object.assign(marks, await (await openMaskFile(mask, info))?.(window, reading));
        }
        const valid = validValues(data, { bands, dtype, wide: false }, marks);
        const read = { ...info, height: window.height, width: window.width, data, valid };
        return chosen ? pickBands(read, chosen) : read;
      });
    },
  };
}

/** Does some work on a file of a format, whose name its errors get. */
export async function named<T>(format: RasterFormat, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new FormatError(format, error);
  }
}

/** A copy of a window's values. */
function cut(values: PixelArray, { width, bands }: GeoTiffInfo, window: PixelWindow): PixelArray {
  const length = window.width * bands;
  const out = new (values.constructor as new (length: number) => PixelArray)(window.height * length);
  for (let row = 0; row < window.height; row++) {
    const from = ((window.top + row) * width + window.left) * bands;
    out.set(values.subarray(from, from + length), row * length);
  }
  return out;
}
