import { DiffusionSslError } from './DiffusionSslError.js';

/**
 * Weights or a checkpoint cannot be used as they are: the file is damaged, is no such file, or holds other tensors than
 * the model, optimizer or average that it is for.
 *
 * @example
 * ```ts
 * import { CheckpointError } from 'diffusion-ssl/errors';
 * import { readSafetensors } from 'diffusion-ssl/interop';
 *
 * try {
 *   readSafetensors(new Uint8Array(4));
 * } catch (error) {
 *   console.log(error instanceof CheckpointError); // true
 * }
 * ```
 */
export class CheckpointError extends DiffusionSslError {
  override readonly name = 'CheckpointError';
}
