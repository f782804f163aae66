import { safetensorsPieces } from '../interop/safetensorsPieces.js';
import { type CheckpointParts, checkpointTensors } from './checkpointTensors.js';

/**
 * What `encodeCheckpoint` gives, piece by piece: for one file that need not be in memory at once, such as a `Blob` in a
 * page.
 *
 * @param parts What to save. It must not change before the last piece.
 * @param state As for `encodeCheckpoint`.
 * @returns The header, then each tensor, fetched when it is its turn.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { checkpointPieces } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const blobs: Blob[] = [];
 * for await (const piece of checkpointPieces({ parameters }, { step: 10 })) blobs.push(new Blob([piece]));
 * const file = new Blob(blobs);
 * ```
 */
export function checkpointPieces(
  parts: CheckpointParts,
  state: unknown,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata } = checkpointTensors(parts, state);
  return safetensorsPieces(tensors, metadata);
}
