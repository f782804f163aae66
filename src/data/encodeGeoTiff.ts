import { argumentError } from '../internal/checks.js';
import { geoTiffHeader } from './geoTiffHeader.js';
import {
  type AffineTransform,
  type CrsKind,
  type PixelArray,
  pixelTypeOf,
  type Rgb,
} from './geoTiffTypes.js';

/** What {@link encodeGeoTiff} writes. */
export interface GeoTiffInput {
  width: number;
  height: number;
  bands: number;
  /** `height * width * bands` values, the band changing fastest; their type becomes the file's. */
  data: PixelArray;
  /** Value that marks missing pixels; default none. */
  nodata?: number | null;
  /** EPSG code of the coordinate reference system, 1024 to 32766; default none. */
  epsg?: number | null;
  /** Kind of that system; default what the EPSG registry says, so only for codes that are newer than this library. */
  crsKind?: CrsKind | null;
  /** From pixel corners to coordinates (see `AffineTransform`); default none. */
  transform?: AffineTransform | null;
  /** Descriptions of the bands, null for one without; default none. */
  bandNames?: readonly (string | null)[] | null;
  /** Colours of the values from 0 on, in which programs show one band of uint8; default none, grey. */
  colours?: readonly Rgb[] | null;
}

/**
 * Encodes a raster as a GeoTIFF: little-endian, uncompressed, one strip, bands interleaved by pixel.
 *
 * Follows the TIFF 6.0 and OGC GeoTIFF 1.1 specifications and GDAL's tags of nodata and metadata.
 *
 * @throws If the number of values is not `width * height * bands`, a size is no positive integer, there are not as many
 * names as bands, colours are none or of other values than one band of uint8, or `epsg` is no code of a geographic or
 * projected system of two dimensions.
 * @example
 * import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
 * const bytes = encodeGeoTiff({ width: 2, height: 1, bands: 1, data: new Uint8Array([1, 2]), epsg: 4326 });
 * console.log((await decodeGeoTiff(bytes)).epsg);
 */
export function encodeGeoTiff(image: GeoTiffInput): Uint8Array {
  const { width, height, bands, data } = image;
  const header = geoTiffHeader('encodeGeoTiff', { ...image, dtype: pixelTypeOf(data) });
  if (data.length !== width * height * bands) {
    throw argumentError('encodeGeoTiff: data.length', data.length, `${width} * ${height} * ${bands}`);
  }
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}
