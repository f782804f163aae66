import { checkOneOf } from '../internal/checks.js';
import { withoutAlpha } from './chipRasters.js';
import { type DecodeGeoTiffOptions, rasterError, sharedDecoder } from './decodeGeoTiff.js';
import type { GeoTiff } from './geoTiffTypes.js';
import { openImage } from './images/openImage.js';
import { memorySource } from './tiff/TiffSource.js';

/**
 * Decodes a GeoTIFF as `decodeGeoTiff` does, or a PNG or JPEG: which it is, its content says, not its name. PNG needs
 * the optional package `fast-png`, JPEG `@cornerstonejs/codec-libjpeg-turbo-8bit`, loaded at need.
 *
 * Of PNG the values are those that GDAL reads (8 or 16 bits; fewer as they are, and places in a palette), its
 * transparent colour and alpha as there; of JPEG those of libjpeg-turbo, as Pillow reads them, of one band or RGB. An
 * EXIF orientation is left alone.
 *
 * @param bytes The whole file.
 * @param options `name` is by default `'raster'`.
 * @returns As of `decodeGeoTiff`; without a georeference.
 * @throws As `decodeGeoTiff`, and of PNG and JPEG of kinds that are not read.
 * @example
 * import { decodeRaster } from 'diffusion-ssl/data';
 * import { encode } from 'fast-png';
 * const png = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([1, 2, 3, 4, 5, 6]) });
 * const { data, bands } = await decodeRaster(png, { name: 'chip.png' });
 * console.log(bands, data[4]); // 3 5
 */
export async function decodeRaster(
  bytes: ArrayBuffer | Uint8Array,
  options: DecodeGeoTiffOptions = {},
): Promise<GeoTiff> {
  const { name = 'raster', mask, maxBytes, alpha = 'band' } = options;
  checkOneOf('decodeRaster: alpha', alpha, ['band', 'mask']);
  try {
    const file = await openImage(memorySource(bytes), mask && memorySource(mask));
    const image = await file.read({ decoder: await sharedDecoder(), maxBytes });
    return alpha === 'mask' ? withoutAlpha(image) : image;
  } catch (error) {
    throw rasterError(name, error);
  }
}
