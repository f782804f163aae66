import type { GeoTiffInfo } from '../geoTiffTypes.js';
import type { RasterFormat } from '../images/imageTypes.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { openChipRaster } from './openChipRaster.js';

/** Size and type of a raster's pixels, its bands, what its values stand for, and what is worth knowing of them. */
export interface ChipHeader
  extends Pick<
    GeoTiffInfo,
    'width' | 'height' | 'bands' | 'dtype' | 'nodata' | 'alphaBand' | 'scales' | 'offsets' | 'bandNames'
  > {
  format: RasterFormat;
  /** What is worth knowing of its values, a sentence each. */
  remarks: readonly string[];
}

/** Options of {@link readChipHeader}. */
export interface ChipHeaderOptions {
  /** Folder that a path is relative to; default: the current one. */
  dataPath?: string;
  /** Attempts and waiting times for an address. */
  remote?: RemoteOptions;
}

/** Bytes read of a file to look at its header. */
const HEAD = 2 ** 14;

/**
 * Reads the header of a chip's raster, without its pixels.
 *
 * @param image Path of a GeoTIFF, PNG or JPEG, or its http(s) address, as a catalog has it.
 * @throws If it cannot be read, is empty, cut short or of another format; the message begins with the path or address.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { encodeGeoTiff } from 'diffusion-ssl/data';
 * import { readChipHeader } from 'diffusion-ssl/data/node';
 * const dataPath = mkdtempSync('/tmp/chips-');
 * const data = new Int16Array([1, 2, 3, 4]);
 * writeFileSync(`${dataPath}/a.tif`, encodeGeoTiff({ width: 2, height: 1, bands: 2, data }));
 * console.log((await readChipHeader('a.tif', { dataPath })).bands); // 2
 */
export async function readChipHeader(image: string, options: ChipHeaderOptions = {}): Promise<ChipHeader> {
  const { info, format, remarks, close } = await openChipRaster(image, { ...options, first: HEAD });
  close();
  const { width, height, bands, dtype, nodata, alphaBand, scales, offsets, bandNames } = info;
  return { width, height, bands, dtype, nodata, alphaBand, scales, offsets, bandNames, format, remarks };
}
