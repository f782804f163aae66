import path from 'node:path';
import { ConfigError } from '../../errors/ConfigError.js';
import { isRemote } from '../checkChipPath.js';
import { geoTiffError, sharedDecoder } from '../decodeGeoTiff.js';
import type { GeoTiff, GeoTiffInfo, RasterPart } from '../geoTiffTypes.js';
import { openRemoteTiff } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { shownPath } from '../shownPath.js';
import type { BlockCache } from '../tiff/BlockCache.js';
import { openTiff } from '../tiff/openTiff.js';
import { httpRange } from './httpRange.js';
import { type LocalFile, openLocalFile, openMaskFile } from './localFile.js';

/** A raster of a chip whose header has been read. */
export interface ChipRaster {
  /** Its path or address, as messages show it. */
  name: string;
  info: GeoTiffInfo;
  /** Its pixels, those of a window, or at most [height, width] around its centre; of some bands, from 0, or of all. */
  read(part?: RasterPart, bands?: readonly number[]): Promise<GeoTiff>;
  /** Bytes that tell it from a raster of other content, without reading all of it. */
  fingerprint(): Promise<Uint8Array[]>;
  /** Closes what is open; to be called in the end. */
  close(): void;
}

/** Where a chip's rasters are, and how they are read. */
export interface RasterPlace {
  dataPath?: string;
  remote?: RemoteOptions;
  /** Bytes of a file to read at once, where its header alone is wanted. */
  first?: number;
  /** Keeps strips and tiles from one call of `read` to the next. */
  blocks?: BlockCache;
}

/** Tells the blocks of one opening of a file from those of the next, which may hold another version of it. */
let openings = 0;

/**
 * Opens a raster by its path, relative to `dataPath`, or its http(s) address.
 *
 * @throws If it cannot be read or is no GeoTIFF that is read here; the message begins with the path or address.
 */
export async function openChipRaster(
  image: string,
  { dataPath = '', remote, first, blocks: cache }: RasterPlace,
): Promise<ChipRaster> {
  const blocks = cache && { cache, file: String(openings++) };
  if (isRemote(image)) {
    const { info, read, fingerprint } = await openRemoteTiff(image, remote, httpRange());
    const close = () => {};
    return {
      name: shownPath(image),
      info,
      read: (part, bands) => read({ part, bands, blocks }),
      fingerprint,
      close,
    };
  }
  const name = path.resolve(dataPath, image);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ConfigError ? error : geoTiffError(name, error);
    }
  };
  const files: LocalFile[] = [openLocalFile(name, first)];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const mask = openMaskFile(name);
    if (mask) files.push(mask);
    const { info, read, fingerprint } = await named(() => openTiff(files[0], mask));
    return {
      name,
      info,
      read: (part, bands) => named(async () => read({ decoder: await sharedDecoder(), part, bands, blocks })),
      fingerprint: () => named(fingerprint),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
