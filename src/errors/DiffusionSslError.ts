/**
 * What all errors of this package extend whose kind a program may want to tell apart: `ConfigError`, `DataError`,
 * `CheckpointError`, `BackendError`, `AbortError`, `NonFiniteLossError`. `cause` holds the error behind it, where there
 * is one, and `name` the class, which a copy that went through `postMessage` has lost.
 *
 * @example
 * ```ts
 * import { DiffusionSslError } from 'diffusion-ssl/errors';
 * import { parseCatalog } from 'diffusion-ssl/data';
 *
 * try {
 *   parseCatalog('file,usage\nchip.tif,train\n');
 * } catch (error) {
 *   if (!(error instanceof DiffusionSslError)) throw error;
 *   console.log(error.message); // says what is wrong, and with what
 * }
 * ```
 */
export class DiffusionSslError extends Error {
  override readonly name: string = 'DiffusionSslError';
}
