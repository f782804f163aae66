import { argumentError, checkInteger } from '../../internal/checks.js';
import { type BandSelection, checkSelection, findBands } from '../findBands.js';
import type { GeoTiff, GeoTiffInfo, RasterPart } from '../geoTiffTypes.js';
import type { RasterFormat } from '../images/imageTypes.js';
import { checkRemoteOptions } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { BlockCache } from '../tiff/BlockCache.js';
import { openChipRaster } from './openChipRaster.js';

/** Options of {@link openRaster}. */
export interface OpenRasterOptions {
  /** Folder that a path is relative to; default: the current one. */
  dataPath?: string;
  /** Attempts and waiting times for an address. */
  remote?: RemoteOptions;
  /** Bytes of decoded strips and tiles that are kept from one window to the next; default 64 MiB. */
  cacheBytes?: number;
}

/** A raster that stays open for its windows to be read. */
export interface OpenRaster {
  /** Its path or address, as messages show it. */
  name: string;
  format: RasterFormat;
  info: GeoTiffInfo;
  /** What is worth knowing of its values, a sentence each: that they are places in a palette, or stored turned. */
  remarks: readonly string[];
  /**
   * Reads a window, or at most [height, width] pixels around the centre: only the strips or tiles that hold them are
   * read, and those that are kept are not decoded again. The result's `transform` is the window's.
   *
   * @param options `bands`: those that are read, in their order. An alpha band that is none of them masks them.
   * Default: all as they are.
   * @throws If a window leaves the raster, a band is none of its, or as `decodeGeoTiff`.
   */
  read(part?: RasterPart, options?: { bands?: BandSelection }): Promise<GeoTiff>;
  /** Closes the file. */
  close(): void;
}

/**
 * Opens a GeoTIFF of any size, a file or one at an http(s) address, to read windows of it; or a PNG or JPEG, which is
 * decoded whole for its first window.
 *
 * @param image Path or address, as a catalog has it.
 * @throws If an option is out of range, or the raster cannot be read or is of another format; the message begins with
 * its path or address.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { encodeGeoTiff } from 'diffusion-ssl/data';
 * import { openRaster } from 'diffusion-ssl/data/node';
 * const dataPath = mkdtempSync('/tmp/scenes-');
 * const data = new Uint16Array([1, 2, 3, 4, 5, 6]);
 * writeFileSync(`${dataPath}/scene.tif`, encodeGeoTiff({ width: 3, height: 2, bands: 1, data }));
 * const scene = await openRaster('scene.tif', { dataPath });
 * const window = await scene.read({ top: 1, left: 1, height: 1, width: 2 });
 * console.log(window.data); // 5, 6
 * scene.close();
 */
export async function openRaster(image: string, options: OpenRasterOptions = {}): Promise<OpenRaster> {
  const { dataPath, remote, cacheBytes = 64 * 2 ** 20 } = options;
  if (image === '') throw argumentError('openRaster: image', image, 'a path or an http(s) address');
  checkInteger('openRaster: cacheBytes', cacheBytes, 0);
  checkRemoteOptions('openRaster', remote ?? {});
  const blocks = new BlockCache(cacheBytes);
  const { name, format, info, remarks, read, close } = await openChipRaster(image, {
    dataPath,
    remote,
    blocks,
  });
  return {
    name,
    format,
    info,
    remarks,
    read: async (part, { bands } = {}) => {
      if (bands) checkSelection('OpenRaster.read', bands);
      return read(part, bands && findBands([info], bands, name).map((number) => number - 1));
    },
    close,
  };
}
