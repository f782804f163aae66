import type { GeoTIFFImage, GeoTIFF as GeoTiffFile } from 'geotiff';
import type { AffineTransform, GeoTiff, GeoTiffInfo, PixelArray, PixelType } from './geoTiffTypes.js';
import { readPlainTiff } from './readPlainTiff.js';

/** Options of {@link decodeGeoTiff}. */
export interface DecodeGeoTiffOptions {
  /** Name of the file, for error messages; default `'GeoTIFF'`. */
  name?: string;
}

/**
 * Decodes the first image of a GeoTIFF: striped or tiled, pixel- or band-interleaved, uncompressed, PackBits,
 * LZW or deflate, with predictors, BigTIFF, either byte order.
 *
 * The reader is the optional peer package `geotiff`, loaded at the first call.
 *
 * @param bytes The whole file.
 * @returns The values in their own type and what the header says.
 * @throws If the bytes are empty, cut short or no TIFF; the message begins with `name`.
 * @example
 * import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
 * const file = encodeGeoTiff({ width: 2, height: 1, bands: 2, data: new Int16Array([1, 2, 3, 4]) });
 * const { data, bands, dtype } = await decodeGeoTiff(file, { name: 'chip.tif' });
 * console.log(bands, dtype, data[3]);
 */
export async function decodeGeoTiff(
  bytes: ArrayBuffer | Uint8Array,
  options: DecodeGeoTiffOptions = {},
): Promise<GeoTiff> {
  const name = options.name ?? 'GeoTIFF';
  if (bytes.byteLength === 0) throw new Error(`${name}: the file is empty.`);
  const { fromArrayBuffer } = await import('geotiff');
  const buffer = bytes instanceof Uint8Array ? wholeBuffer(bytes) : bytes;
  try {
    const image = await (await fromArrayBuffer(buffer)).getImage();
    const info = await readInfo(image, buffer.byteLength);
    const data =
      readPlainTiff(new Uint8Array(buffer))?.data ?? (await image.readRasters({ interleave: true }));
    return { ...info, data: (data as PixelArray).subarray() }; // Without the fields that the reader adds.
  } catch (error) {
    throw geoTiffError(name, error);
  }
}

/**
 * Reads the header of a GeoTIFF opened by the `geotiff` package, without its pixels.
 *
 * @param byteLength Length of the file: strips or tiles beyond it are an error.
 * @throws If the file holds less than its header promises; the message begins with `name`.
 */
export async function readGeoTiffInfo(
  file: GeoTiffFile,
  byteLength: number,
  name: string,
): Promise<GeoTiffInfo> {
  try {
    return await readInfo(await file.getImage(), byteLength);
  } catch (error) {
    throw geoTiffError(name, error);
  }
}

/** The error of an unreadable GeoTIFF, named after the file. */
export function geoTiffError(name: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`${name}: cannot be read as a GeoTIFF: ${reason}`, { cause: error });
}

function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  if (bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer)
    return bytes.buffer;
  return new Uint8Array(bytes).buffer; // Not slice(), which Node's Buffer has as a view.
}

async function readInfo(image: GeoTIFFImage, byteLength: number): Promise<GeoTiffInfo> {
  await checkExtent(image, byteLength);
  const keys = image.getGeoKeys();
  const code = keys?.ProjectedCSTypeGeoKey ?? keys?.GeographicTypeGeoKey;
  return {
    width: image.getWidth(),
    height: image.getHeight(),
    bands: image.getSamplesPerPixel(),
    dtype: pixelType(image),
    nodata: readNodata(image),
    epsg: typeof code === 'number' && code < 32767 ? code : null,
    transform: readTransform(image, keys?.GTRasterTypeGeoKey === 2),
  };
}

/** A reader fills what is missing with zeros, so the promised extent is compared with the file's length first. */
async function checkExtent(image: GeoTIFFImage, byteLength: number): Promise<void> {
  const directory = image.fileDirectory;
  const tiled = directory.hasTag('TileOffsets');
  const offsets = await directory.loadValue(tiled ? 'TileOffsets' : 'StripOffsets');
  const counts = await directory.loadValue(tiled ? 'TileByteCounts' : 'StripByteCounts');
  if (!offsets || !counts) throw new Error('it has no pixel data.');
  for (let i = 0; i < offsets.length; i++) {
    const end = Number(offsets[i]) + Number(counts[i]);
    if (end > byteLength) throw new Error(`it is cut short: ${byteLength} bytes, at least ${end} expected.`);
  }
}

function pixelType(image: GeoTIFFImage): PixelType {
  const kind = { 1: 'uint', 2: 'int', 3: 'float' }[image.getSampleFormat()];
  const bits = image.getBitsPerSample();
  const stored = kind === 'float' ? Math.max(bits, 32) : Math.max(8, 2 ** Math.ceil(Math.log2(bits)));
  if (kind === undefined || stored > 64 || (stored === 64 && kind !== 'float')) {
    throw new Error(`its sample format ${image.getSampleFormat()} with ${bits} bits is not supported.`);
  }
  return `${kind}${stored}` as PixelType;
}

function readNodata(image: GeoTIFFImage): number | null {
  if (!image.fileDirectory.hasTag('GDAL_NODATA')) return null;
  const value = image.getGDALNoData();
  return value === undefined ? null : value;
}

function readTransform(image: GeoTIFFImage, pixelIsPoint: boolean): AffineTransform | null {
  const directory = image.fileDirectory;
  const matrix = directory.getValue('ModelTransformation') as ArrayLike<number> | undefined;
  const scale = directory.getValue('ModelPixelScale') as ArrayLike<number> | undefined;
  const tie = directory.getValue('ModelTiepoint') as ArrayLike<number> | undefined;
  let [a, b, c, d, e, f]: AffineTransform = [1, 0, 0, 0, 1, 0];
  if (scale && tie) {
    [a, e] = [scale[0], -scale[1]];
    [c, f] = [tie[3] - tie[0] * a, tie[4] - tie[1] * e];
  } else if (matrix) {
    [a, b, c, d, e, f] = [matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]];
  } else {
    return null;
  }
  return pixelIsPoint ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : [a, b, c, d, e, f];
}
