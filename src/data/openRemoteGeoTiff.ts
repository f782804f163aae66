import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { isRemote } from './checkChipPath.js';
import { rasterError, sharedDecoder } from './decodeGeoTiff.js';
import type { GeoTiff, GeoTiffInfo, RasterPart } from './geoTiffTypes.js';
import type { OpenImage, ReadOptions } from './images/imageTypes.js';
import type { RangeRequest } from './RangeRequest.js';
import { type RemoteOptions, RemoteSource } from './RemoteSource.js';
import { shownPath } from './shownPath.js';
import { openTiff } from './tiff/openTiff.js';
import type { TiffSource } from './tiff/TiffSource.js';

/** A remote GeoTIFF whose header has been read. */
export interface RemoteGeoTiff {
  info: GeoTiffInfo;
  /**
   * Reads its pixels, those of a window, or at most [height, width] around its centre: only the strips or tiles that
   * hold them are fetched.
   *
   * @throws If a window leaves the raster, the part is larger than `maxBytes` as float32 (default 256 MiB), or as
   * `decodeGeoTiff`.
   */
  read(part?: RasterPart, options?: { maxBytes?: number }): Promise<GeoTiff>;
}

/**
 * Opens a GeoTIFF at an http(s) address by range requests, best a cloud-optimised one. A dropped connection, a server
 * error or a part that stays out is tried again, each time after a longer wait; another error status is final. From a
 * server that knows no ranges the whole file is taken. A file that changes meanwhile is an error: parts of two versions
 * are never mixed. Credentials in the address (`https://name:password@host/…`) are sent as a header, and no message
 * shows them or the address's query.
 *
 * @throws If an option is out of range, the file cannot be fetched, or as `decodeGeoTiff`; the message begins with the
 * address.
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
  const { info, read } = await openRemoteImage(url, options);
  return { info, read: (part, { maxBytes } = {}) => read({ part, maxBytes }) };
}

/** Other ways to open a remote image. */
interface RemoteOpening {
  /** Reads the file's header; default `openTiff`. */
  open?: (source: TiffSource) => Promise<OpenImage>;
  /** Asks for a range; default by `fetch`. */
  ask?: RangeRequest;
}

/** As {@link openRemoteGeoTiff}, with all that a reader of windows needs. */
export async function openRemoteImage(
  url: string,
  options: RemoteOptions = {},
  { open = openTiff, ask }: RemoteOpening = {},
) {
  if (!isRemote(url) || !URL.canParse(url)) {
    throw argumentError('openRemoteGeoTiff: url', shownPath(url), 'an http(s) address');
  }
  checkRemoteOptions('openRemoteGeoTiff', options);
  const source = new RemoteSource(url, options, ask);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw source.failure ?? rasterError(shownPath(url), error);
    }
  };
  const releasing = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = source.begin();
    try {
      return await named(work);
    } finally {
      end();
    }
  };
  const file = await named(() => open(source));
  return {
    ...file,
    read: (reading: Omit<ReadOptions, 'decoder'>): Promise<GeoTiff> =>
      releasing(async () => file.read({ ...reading, decoder: await sharedDecoder() })),
    fingerprint: () => releasing(() => file.fingerprint()),
  };
}

/** Throws unless the options are in range. */
export function checkRemoteOptions(where: string, options: RemoteOptions): void {
  checkInteger(`${where}: attempts`, options.attempts ?? 1, 1);
  checkNumber(`${where}: retryDelay`, options.retryDelay ?? 0, 0);
  checkNumber(`${where}: timeout`, options.timeout ?? 1, 1);
}
