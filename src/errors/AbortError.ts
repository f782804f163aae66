import { DiffusionSslError } from './DiffusionSslError.js';

/**
 * An operation was stopped by its `AbortSignal`; `cause` holds the signal's reason. Its `name` is that of the error
 * which `fetch` throws, so one test finds both.
 *
 * @example
 * ```ts
 * import { AbortError } from 'diffusion-ssl/errors';
 *
 * const error = new AbortError('sampleDdim: stopped before step 3 of 50.', { cause: 'a newer request' });
 * console.log(error.name, error.cause); // AbortError, a newer request
 * ```
 */
export class AbortError extends DiffusionSslError {
  override readonly name = 'AbortError';
}
