import type { WritableModelFiles } from '../interop/ModelFiles.js';
import { saveTensors } from '../interop/saveTensors.js';
import { type CheckpointParts, checkpointTensors } from './checkpointTensors.js';

/**
 * Writes a training run as `encodeCheckpoint` gives it, one tensor at a time, so that it need not fit into memory
 * twice; above 2 GB as several files with an index. At every moment there is a whole checkpoint, the one before or the
 * new one.
 *
 * @param files Where to: `folderFiles(folder)` of `diffusion-ssl/training/node`, for instance.
 * @param name `'latest.safetensors'`, say.
 * @param parts What to save. It must not change meanwhile: await this before the next step.
 * @param state As for `encodeCheckpoint`.
 * @throws What `files` throw; what was there before is then still there.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { openTensors } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { restoreCheckpoint, writeCheckpoint } from 'diffusion-ssl/training';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const files = folderFiles(mkdtempSync('/tmp/run-'));
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * await writeCheckpoint(files, 'latest.safetensors', { parameters }, { step: 10 });
 * const latest = await openTensors(files, 'latest.safetensors');
 * console.log(await restoreCheckpoint(latest, { parameters })); // { step: 10 }
 * await latest.close();
 * ```
 */
export async function writeCheckpoint(
  files: WritableModelFiles,
  name: string,
  parts: CheckpointParts,
  state: unknown,
): Promise<void> {
  const { tensors, metadata } = checkpointTensors(parts, state);
  await saveTensors(files, name, tensors, { metadata });
}
