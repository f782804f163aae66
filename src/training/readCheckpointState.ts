import { parseSafetensorsHeader } from '../interop/parseSafetensorsHeader.js';
import type { StoredTensors } from '../interop/safetensorsTypes.js';
import { parseCheckpointMetadata } from './checkpointMetadata.js';

/**
 * The state in a checkpoint's header, without restoring anything.
 *
 * @param source The file's bytes, or its tensors as `openTensors` of `diffusion-ssl/interop` opens them.
 * @throws If the file is damaged or no checkpoint of this package.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, readCheckpointState } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * console.log(readCheckpointState(await encodeCheckpoint({ parameters }, { step: 10 }))); // { step: 10 }
 * ```
 */
export function readCheckpointState(source: Uint8Array | StoredTensors): unknown {
  const { metadata } =
    source instanceof Uint8Array ? parseSafetensorsHeader(source, source.byteLength) : source;
  return parseCheckpointMetadata(metadata).state;
}
