import { createHash } from 'node:crypto';
import type { GeoTiff } from '../geoTiffTypes.js';

/** Characters of a {@link contentHash}: 48 bits. */
export const HASH_LENGTH = 8;

/** A hash of what was read of a chip's rasters: pixels, which of them are missing, and what their values stand for. */
export function contentHash(rasters: readonly GeoTiff[]): string {
  const hash = createHash('sha256');
  for (const { width, height, bands, dtype, nodata, scales, offsets, alphaBand, data, valid } of rasters) {
    const facts = { width, height, bands, dtype, nodata: String(nodata), scales, offsets, alphaBand };
    hash.update(JSON.stringify({ ...facts, masked: valid !== null }));
    for (const array of [data, valid]) {
      if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
  }
  return hash.digest('base64url').slice(0, HASH_LENGTH);
}
