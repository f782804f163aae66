import { checkInteger } from '../internal/checks.js';
import type { WritableModelFiles } from './ModelFiles.js';
import { fileOrder } from './planSafetensors.js';
import { readJsonFile } from './readJsonFile.js';
import { safetensorsPieces } from './safetensorsPieces.js';
import { type StoredTensor, tensorBytes } from './safetensorsTypes.js';
import { indexName, isShardOf, shardNames } from './shardNames.js';

/** Options of {@link saveTensors}. */
export interface SaveTensorsOptions {
  /** Text for the header's `__metadata__`; of several files, of each. Default none. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * Bytes of tensors in one file, at most; one tensor alone may have more. Default 2·10⁹, which fits what Node 20 reads
   * at once.
   */
  maxShardBytes?: number;
}

/**
 * Writes tensors as a safetensors file, one after the other, each read when it is its turn. What is more than
 * `maxShardBytes` goes into several files, `model-00001-of-00003.safetensors` and so on, with
 * `model.safetensors.index.json`, as transformers and diffusers write and read them.
 *
 * At every moment there is all of what was there before, or all of the new: shards get names that the present index
 * does not have, and the index is replaced last. Where there is an index, there is one afterwards, however small the
 * tensors.
 *
 * @param files Where to.
 * @param name `'model.safetensors'`, say.
 * @param tensors By name. They must not change meanwhile.
 * @param options See {@link SaveTensorsOptions}.
 * @throws As `writeSafetensors`, and what `files` throw.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { saveTensors } from 'diffusion-ssl/interop';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const bias = { dtype: 'F32' as const, shape: [2], read: () => new Float32Array([0.5, -1]) };
 * await saveTensors(folderFiles(mkdtempSync('/tmp/model-')), 'model.safetensors', new Map([['bias', bias]]));
 * ```
 */
export async function saveTensors(
  files: WritableModelFiles,
  name: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  { metadata = {}, maxShardBytes = 2e9 }: SaveTensorsOptions = {},
): Promise<void> {
  checkInteger('saveTensors: maxShardBytes', maxShardBytes, 1);
  const total = [...tensors.values()].reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const index = indexName(name);
  const present = (await files.list()).includes(index);
  if (total <= maxShardBytes && !present) {
    await files.write(name, safetensorsPieces(tensors, metadata));
    return;
  }
  const parts = cut(tensors, maxShardBytes);
  const taken = present ? await shardsOf(files, index) : [];
  const plain = shardNames(name, parts.length);
  const names = plain.some((file) => taken.includes(file)) ? shardNames(name, parts.length, '-b') : plain;
  const map: [string, string][] = [];
  for (const [i, part] of parts.entries()) {
    await files.write(
      names[i],
      safetensorsPieces(new Map(part.map((key) => [key, tensors.get(key)!])), metadata),
    );
    for (const key of part) map.push([key, names[i]]);
  }
  const content = { metadata: { total_size: total }, weight_map: Object.fromEntries(map) };
  await files.write(index, [new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`)]);
  for (const file of await files.list()) {
    if (file === name || (isShardOf(name, file) && !names.includes(file))) await files.remove(file);
  }
}

/** The tensors' names, file by file. */
function cut(tensors: ReadonlyMap<string, StoredTensor>, most: number): string[][] {
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const name of fileOrder(tensors)) {
    const own = tensorBytes(tensors.get(name)!);
    if (bytes > 0 && bytes + own > most) {
      parts.push([]);
      bytes = 0;
    }
    parts[parts.length - 1].push(name);
    bytes += own;
  }
  return parts;
}

/** The shards that an index speaks of; none where it is damaged, since nothing can be read through it then. */
async function shardsOf(files: WritableModelFiles, index: string): Promise<unknown[]> {
  try {
    const { weight_map: map } = (await readJsonFile(files, index)) as { weight_map: object };
    return Object.values(map);
  } catch {
    return [];
  }
}
