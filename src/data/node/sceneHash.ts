import { createHash } from 'node:crypto';
import { HASH_LENGTH } from './contentHash.js';
import type { ChipRaster } from './openChipRaster.js';

/**
 * As `contentHash`, of rasters that are not read whole: of their headers, the lengths of their blocks and some of the
 * bytes.
 */
export async function sceneHash(rasters: readonly ChipRaster[]): Promise<string> {
  const hash = createHash('sha256');
  for (const raster of rasters) for (const part of await raster.fingerprint()) hash.update(part);
  return hash.digest('base64url').slice(0, HASH_LENGTH);
}
