import { DiffusionSslError } from './DiffusionSslError.js';

/**
 * A backend does not start, none is started, or one fails: its memory ends, its device is lost.
 *
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 * import { BackendError } from 'diffusion-ssl/errors';
 *
 * try {
 *   await initBackend({ device: 'webgpu' });
 * } catch (error) {
 *   console.log(error instanceof BackendError); // true, where there is no graphics processor
 * }
 * ```
 */
export class BackendError extends DiffusionSslError {
  override readonly name = 'BackendError';
}
