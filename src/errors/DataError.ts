import { DiffusionSslError } from './DiffusionSslError.js';

/**
 * Data cannot be used as they are: a catalog, a raster, a table or statistics that are damaged, missing, or do not fit
 * each other or the options; or a file cannot be written. The message names it, and what to do.
 *
 * @example
 * ```ts
 * import { decodeGeoTiff } from 'diffusion-ssl/data';
 * import { DataError } from 'diffusion-ssl/errors';
 *
 * try {
 *   await decodeGeoTiff(new Uint8Array(0), { name: 'chip.tif' });
 * } catch (error) {
 *   console.log(error instanceof DataError); // true
 * }
 * ```
 */
export class DataError extends DiffusionSslError {
  override readonly name = 'DataError';
}
