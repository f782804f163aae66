import { planSafetensors } from '../interop/planSafetensors.js';
import { safetensorsPieces } from '../interop/safetensorsPieces.js';
import { type CheckpointParts, checkpointTensors } from './checkpointTensors.js';

/**
 * A training run as one safetensors file: the model under its torch names, its average under `ema.…`, the optimizer
 * under `optimizer.<slot>.…`, all in torch's layout, and the run's state as JSON in the header. `writeCheckpoint`
 * writes a large one without holding it.
 *
 * @param parts What to save.
 * @param state Anything that JSON keeps: the position in the data, the learning-rate schedule, the configuration.
 * @returns The file's bytes; write them with `writeFileAtomic` of `diffusion-ssl/training/node`.
 * @throws If two parameters have the same name, or one has that of another part of the file.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, restoreCheckpoint } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const bytes = await encodeCheckpoint({ parameters }, { step: 10 });
 * console.log(await restoreCheckpoint(bytes, { parameters })); // { step: 10 }
 * ```
 */
export async function encodeCheckpoint(
  parts: CheckpointParts,
  state: unknown,
): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata } = checkpointTensors(parts, state);
  const file = new Uint8Array(planSafetensors(tensors, metadata).size);
  let position = 0;
  for await (const piece of safetensorsPieces(tensors, metadata)) {
    file.set(piece, position);
    position += piece.length;
  }
  return file;
}
