import { DataError } from '../errors/DataError.js';
import { checkOneOf } from '../internal/checks.js';
import { withoutAlpha } from './chipRasters.js';
import type { GeoTiff } from './geoTiffTypes.js';
import { FormatError } from './images/FormatError.js';
import { loadPixelDecoder, type PixelDecoder } from './loadPixelDecoder.js';
import { openTiff } from './tiff/openTiff.js';
import { memorySource } from './tiff/TiffSource.js';

/** Options of {@link decodeGeoTiff}. */
export interface DecodeGeoTiffOptions {
  /** Name of the file, for error messages; default `'GeoTIFF'`. */
  name?: string;
  /** The whole `.msk` file that GDAL keeps a mask in beside the raster; default none. */
  mask?: ArrayBuffer | Uint8Array;
  /**
   * What an alpha band is: a band like the others (default, as GDAL has it), or a mask: it is left out, and the pixels
   * where it is 0 are missing.
   */
  alpha?: 'band' | 'mask';
  /** Largest raster, in bytes as float32 (float64 where its values are); default 256 MiB. */
  maxBytes?: number;
}

/**
 * Decodes the first image of a GeoTIFF as GDAL reads it: pixels, missing pixels, georeference. Either byte order,
 * BigTIFF, strips or tiles, bands interleaved by pixel or by band, values of 1 to 32 bits, floats of 16 to 64, 64-bit
 * integers (as float64, where it is exact), palette indices as they are; uncompressed, PackBits, LZW or deflate, with
 * predictors; Zstandard, LERC and JPEG by the optional packages `zstddec`, `lerc` and
 * `@cornerstonejs/codec-libjpeg-turbo-8bit`, loaded at need.
 *
 * @param bytes The whole file.
 * @returns The values in their own type, all bands, which of them are valid, and what the header says.
 * @throws If the bytes are empty, cut short, damaged, larger than `maxBytes` or no TIFF, or of another layout, which
 * the message names with the line that converts the file; the message begins with `name`.
 * @example
 * import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
 * const file = encodeGeoTiff({ width: 2, height: 1, bands: 2, data: new Int16Array([1, 2, 3, -1]), nodata: -1 });
 * const { data, valid, bands, dtype } = await decodeGeoTiff(file, { name: 'chip.tif' });
 * console.log(bands, dtype, data[2], valid); // 2 'int16' 3 [1, 1, 1, 0]
 */
export async function decodeGeoTiff(
  bytes: ArrayBuffer | Uint8Array,
  options: DecodeGeoTiffOptions = {},
): Promise<GeoTiff> {
  const { name = 'GeoTIFF', mask, maxBytes, alpha = 'band' } = options;
  checkOneOf('decodeGeoTiff: alpha', alpha, ['band', 'mask']);
  try {
    const file = await openTiff(memorySource(bytes), mask && memorySource(mask));
    const image = await file.read({ decoder: await sharedDecoder(), maxBytes });
    return alpha === 'mask' ? withoutAlpha(image) : image;
  } catch (error) {
    throw rasterError(name, error);
  }
}

/** The error of an unreadable raster, named after the file. */
export function rasterError(name: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason === 'the file is empty.') return new DataError(`${name}: ${reason}`, { cause: error });
  const format = error instanceof FormatError ? error.format : 'GeoTIFF';
  return new DataError(`${name}: cannot be read as a ${format}: ${reason}`, { cause: error });
}

let shared: Promise<PixelDecoder> | undefined;

/** One decoder for all files, started at the first; where WebAssembly cannot start, the platform's inflate serves. */
export function sharedDecoder(): Promise<PixelDecoder> {
  shared ??= loadPixelDecoder().catch(() => ({
    inflate: () => {
      throw new Error('no WebAssembly');
    },
  }));
  return shared;
}
