import path from 'node:path';
import { ConfigError } from '../../errors/ConfigError.js';
import { isRemote } from '../checkChipPath.js';
import { rasterError, sharedDecoder } from '../decodeGeoTiff.js';
import type { GeoTiff, RasterPart } from '../geoTiffTypes.js';
import type { OpenImage } from '../images/imageTypes.js';
import { openImage } from '../images/openImage.js';
import { openRemoteImage } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { shownPath } from '../shownPath.js';
import type { BlockCache } from '../tiff/BlockCache.js';
import { httpRange } from './httpRange.js';
import { type LocalFile, openLocalFile, openMaskFile } from './localFile.js';

/** A raster of a chip whose header has been read. */
export interface ChipRaster extends Pick<OpenImage, 'format' | 'info' | 'remarks' | 'fingerprint'> {
  /** Its path or address, as messages show it. */
  name: string;
  /** Its pixels, those of a window, or at most [height, width] around its centre; of some bands, from 0, or of all. */
  read(part?: RasterPart, bands?: readonly number[]): Promise<GeoTiff>;
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
 * @throws If it cannot be read or is no GeoTIFF, PNG or JPEG that is read here; the message begins with the path or
 * address.
 */
export async function openChipRaster(
  image: string,
  { dataPath = '', remote, first, blocks: cache }: RasterPlace,
): Promise<ChipRaster> {
  const blocks = cache && { cache, file: String(openings++) };
  if (isRemote(image)) {
    const { read, ...opened } = await openRemoteImage(image, remote, { open: openImage, ask: httpRange() });
    return {
      ...opened,
      name: shownPath(image),
      read: (part, bands) => read({ part, bands, blocks }),
      close: () => {},
    };
  }
  const name = path.resolve(dataPath, image);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ConfigError ? error : rasterError(name, error);
    }
  };
  const files: LocalFile[] = [openLocalFile(name, first)];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const mask = openMaskFile(name);
    if (mask) files.push(mask);
    const { read, fingerprint, ...opened } = await named(() => openImage(files[0], mask));
    return {
      ...opened,
      name,
      read: (part, bands) => named(async () => read({ decoder: await sharedDecoder(), part, bands, blocks })),
      fingerprint: () => named(fingerprint),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
