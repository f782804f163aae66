import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { isRemote } from './checkChipPath.js';
import { geoTiffError, readGeoTiffInfo } from './decodeGeoTiff.js';
import type { GeoTiff, GeoTiffInfo, PixelArray } from './geoTiffTypes.js';
import { RangeClient, type RemoteOptions } from './RangeClient.js';

/** A remote GeoTIFF whose header has been read. */
export interface RemoteGeoTiff {
  info: GeoTiffInfo;
  /**
   * Reads its pixels, or with `size` [height, width] at most so many around its centre: only the strips or tiles that
   * hold them are fetched.
   */
  read(size?: readonly [number, number]): Promise<GeoTiff>;
}

/** Bytes fetched at once, at least: the header of a cloud-optimised GeoTIFF, and often the whole chip. */
const BLOCK = 2 ** 16;

/**
 * Opens a GeoTIFF at an http(s) address by range requests, best a cloud-optimised one. A dropped connection, a server
 * error or a part that stays out is tried again, each time after a longer wait; another error status is final. From
 * a server that knows no ranges the whole file is taken.
 *
 * The reader is the optional peer package `geotiff`, loaded at the first call.
 *
 * @throws If an option is out of range, the file cannot be fetched, or it is no GeoTIFF or cut short; the message
 * begins with the address.
 * @example
 * import { createServer } from 'node:http';
 * import { encodeGeoTiff, openRemoteGeoTiff } from 'diffusion-ssl/data';
 * const chip = encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Uint8Array([1, 2, 3, 4]) });
 * const server = createServer((_, response) => response.end(chip));
 * await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
 * const { port } = server.address() as { port: number };
 * const remote = await openRemoteGeoTiff(`http://127.0.0.1:${port}/chip.tif`);
 * console.log(remote.info.width, (await remote.read()).data);
 * server.close();
 * server.closeAllConnections();
 */
export async function openRemoteGeoTiff(url: string, options: RemoteOptions = {}): Promise<RemoteGeoTiff> {
  if (!isRemote(url)) throw argumentError('openRemoteGeoTiff', 'url', url, 'an http(s) address');
  checkRemoteOptions('openRemoteGeoTiff', options);
  const { fromCustomClient } = await import('geotiff');
  const client = new RangeClient(url, options);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (client.failure) throw client.failure;
      throw error instanceof Error && error.message.startsWith(`${url}: `) ? error : geoTiffError(url, error);
    }
  };
  const sourceOptions = { allowFullFile: true, blockSize: BLOCK };
  const file = await named(() => fromCustomClient(client, sourceOptions));
  const info = await named(() => readGeoTiffInfo(file, client.size ?? Number.POSITIVE_INFINITY, url));
  return {
    info,
    read: (size) =>
      named(async () => {
        const height = Math.min(info.height, size?.[0] ?? info.height);
        const width = Math.min(info.width, size?.[1] ?? info.width);
        const top = Math.floor((info.height - height) / 2);
        const left = Math.floor((info.width - width) / 2);
        const window = [left, top, left + width, top + height];
        const image = await file.getImage();
        const data = (await image.readRasters({ interleave: true, window })) as PixelArray;
        const transform = moved(info.transform, left, top);
        return { ...info, height, width, transform, data: data.subarray() };
      }),
  };
}

/** Throws unless the options are in range. */
export function checkRemoteOptions(where: string, options: RemoteOptions): void {
  checkInteger(where, 'attempts', options.attempts ?? 1, 1);
  checkNumber(where, 'retryDelay', options.retryDelay ?? 0, 0);
  checkNumber(where, 'timeout', options.timeout ?? 1, 1);
}

function moved(transform: GeoTiffInfo['transform'], left: number, top: number): GeoTiffInfo['transform'] {
  if (!transform) return null;
  const [a, b, c, d, e, f] = transform;
  return [a, b, c + a * left + b * top, d, e, f + d * left + e * top];
}
