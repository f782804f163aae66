import path from 'node:path';
import { isRemote } from '../checkChipPath.js';
import { geoTiffError, readGeoTiffInfo } from '../decodeGeoTiff.js';
import type { GeoTiffInfo } from '../geoTiffTypes.js';
import { openRemoteGeoTiff } from '../openRemoteGeoTiff.js';
import { plainTiffLayout } from '../plainTiffLayout.js';
import type { RemoteOptions } from '../RangeClient.js';
import { readHead } from './localFile.js';

/** Size and type of a raster's pixels. */
export type ChipHeader = Pick<GeoTiffInfo, 'width' | 'height' | 'bands' | 'dtype' | 'nodata'>;

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
 * @param image Path of a GeoTIFF, or its http(s) address, as a catalog has it.
 * @throws If it cannot be read, is empty, cut short or no GeoTIFF; the message begins with the path or address.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { encodeGeoTiff } from 'diffusion-ssl/data';
 * import { readChipHeader } from 'diffusion-ssl/data/node';
 * const dataPath = mkdtempSync('/tmp/chips-');
 * writeFileSync(`${dataPath}/a.tif`, encodeGeoTiff({ width: 2, height: 1, bands: 2, data: new Int16Array([1, 2, 3, 4]) }));
 * console.log((await readChipHeader('a.tif', { dataPath })).bands); // 2
 */
export async function readChipHeader(image: string, options: ChipHeaderOptions = {}): Promise<ChipHeader> {
  if (isRemote(image)) return headerOf((await openRemoteGeoTiff(image, options.remote)).info);
  const file = path.resolve(options.dataPath ?? '', image);
  const { size, head } = readHead(file, HEAD);
  if (size === 0) throw new Error(`${file}: the file is empty.`);
  const layout = plainTiffLayout(head, size);
  if (layout) return headerOf(layout);
  const { fromFile } = await import('geotiff');
  try {
    const opened = await fromFile(file);
    try {
      return headerOf(await readGeoTiffInfo(opened, size, file));
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw error instanceof Error && error.message.startsWith(file) ? error : geoTiffError(file, error);
  }
}

function headerOf({ width, height, bands, dtype, nodata }: ChipHeader): ChipHeader {
  return { width, height, bands, dtype, nodata };
}
