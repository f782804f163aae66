import path from 'node:path';
import { isRemote } from '../checkChipPath.js';
import { geoTiffError, sharedDecoder } from '../decodeGeoTiff.js';
import type { GeoTiff, GeoTiffInfo } from '../geoTiffTypes.js';
import { openRemoteGeoTiff } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { shownPath } from '../shownPath.js';
import { type OpenTiff, openTiff } from '../tiff/openTiff.js';
import { type LocalFile, openLocalFile, openMaskFile } from './localFile.js';

/** A raster of a chip whose header has been read. */
export interface ChipRaster {
  /** Its path or address, as messages show it. */
  name: string;
  info: GeoTiffInfo;
  /** Its pixels, or with `size` [height, width] at most so many around its centre. */
  read(size?: readonly [number, number]): Promise<GeoTiff>;
  /** Closes what is open; to be called in the end. */
  close(): void;
}

/** Where a chip's rasters are. */
export interface RasterPlace {
  dataPath?: string;
  remote?: RemoteOptions;
}

/**
 * Opens a raster by its path, relative to `dataPath`, or its http(s) address.
 *
 * @param first Bytes of a file to read at once, where its header alone is wanted.
 * @throws If it cannot be read or is no GeoTIFF that is read here; the message begins with the path or address.
 */
export async function openChipRaster(
  image: string,
  { dataPath = '', remote }: RasterPlace,
  first?: number,
): Promise<ChipRaster> {
  if (isRemote(image)) {
    const { info, read } = await openRemoteGeoTiff(image, remote);
    return { name: shownPath(image), info, read, close: () => {} };
  }
  const name = path.resolve(dataPath, image);
  const files: LocalFile[] = [openLocalFile(name, first)];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const mask = openMaskFile(name);
    if (mask) files.push(mask);
    const opened: OpenTiff = await openTiff(files[0], mask);
    const read = async (size?: readonly [number, number]) => {
      try {
        return await opened.read({ decoder: await sharedDecoder(), size });
      } catch (error) {
        throw geoTiffError(name, error);
      }
    };
    return { name, info: opened.info, read, close };
  } catch (error) {
    close();
    throw geoTiffError(name, error);
  }
}
