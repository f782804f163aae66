import { argumentError, checkOneOf } from '../internal/checks.js';
import { withoutAlpha } from './chipRasters.js';
import { rasterError, sharedDecoder } from './decodeGeoTiff.js';
import type { GeoTiff, GeoTiffInfo, RasterPart } from './geoTiffTypes.js';
import type { RasterFormat } from './images/imageTypes.js';
import { openImage } from './images/openImage.js';
import { BlockCache } from './tiff/BlockCache.js';

/** Options of {@link openRasterBlob}. */
export interface OpenRasterBlobOptions {
  /** Name of the file, for error messages; default that of a `File`, else `'raster'`. */
  name?: string;
  /** Bytes of decoded strips and tiles that are kept from one window to the next; default 64 MiB. */
  cacheBytes?: number;
}

/** A file of a visitor whose header has been read. */
export interface BlobRaster {
  format: RasterFormat;
  info: GeoTiffInfo;
  /** What is worth knowing of its values, a sentence each. */
  remarks: readonly string[];
  /**
   * Reads its pixels, those of a window, or at most [height, width] around its centre: of a GeoTIFF only the strips or
   * tiles that hold them. The result's `transform` is the window's.
   *
   * @param options `alpha`: as `decodeRaster` has it. `maxBytes`: the largest part read, in bytes as float32, default
   * 256 MiB.
   * @throws If a window leaves the raster, the part is larger than `maxBytes`, or as `decodeRaster`.
   */
  read(part?: RasterPart, options?: { alpha?: 'band' | 'mask'; maxBytes?: number }): Promise<GeoTiff>;
}

/** Parts read at once, at least: a header lies in the first. */
const LEAST = 2 ** 16;

/**
 * Opens a GeoTIFF, PNG or JPEG that a visitor of a page has chosen, of any size: of a GeoTIFF parts are read as they
 * are needed.
 *
 * @throws If it is none of them or damaged, as `decodeRaster`; the message begins with the name.
 * @example
 * import { encodeGeoTiff, openRasterBlob } from 'diffusion-ssl/data';
 * const bytes = encodeGeoTiff({ width: 3, height: 2, bands: 1, data: new Uint16Array([1, 2, 3, 4, 5, 6]) });
 * const file = new Blob([bytes as Uint8Array<ArrayBuffer>]);
 * const { info, read } = await openRasterBlob(file, { name: 'scene.tif' });
 * console.log(info.width, (await read({ top: 1, left: 1, height: 1, width: 2 })).data); // 3 and [5, 6]
 */
export async function openRasterBlob(blob: Blob, options: OpenRasterBlobOptions = {}): Promise<BlobRaster> {
  if (!(blob instanceof Blob)) throw argumentError('openRasterBlob: blob', blob, 'a Blob or File');
  const { name = 'name' in blob ? String(blob.name) : 'raster', cacheBytes = 64 * 2 ** 20 } = options;
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw rasterError(name, error);
    }
  };
  let [held, first] = [new Uint8Array(0), 0];
  const source = {
    size: blob.size,
    async read(offset: number, length: number): Promise<Uint8Array> {
      if (offset < first || offset + length > first + held.length) {
        const part = blob.slice(offset, offset + Math.max(length, LEAST));
        [held, first] = [new Uint8Array(await part.arrayBuffer()), offset];
      }
      return held.subarray(offset - first, offset - first + length);
    },
  };
  const file = await named(() => openImage(source));
  const blocks = { cache: new BlockCache(cacheBytes), file: name };
  return {
    format: file.format,
    info: file.info,
    remarks: file.remarks,
    read(part, { alpha = 'band', maxBytes } = {}) {
      checkOneOf('BlobRaster.read: alpha', alpha, ['band', 'mask']);
      return named(async () => {
        const image = await file.read({ decoder: await sharedDecoder(), part, maxBytes, blocks });
        return alpha === 'mask' ? withoutAlpha(image) : image;
      });
    },
  };
}
