import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import { foreignWeights } from './foreignWeights.js';
import type { ByteSource, ModelFiles } from './ModelFiles.js';
import { openSafetensors } from './openSafetensors.js';
import { readJsonFile } from './readJsonFile.js';
import type { StoredTensor, StoredTensors } from './safetensorsTypes.js';
import { indexName, isPlainName } from './shardNames.js';

/**
 * Opens the tensors of a safetensors file, or of several with an index, as `saveTensors`, transformers and diffusers
 * write them. Nothing is read but headers; each tensor comes when it is asked for.
 *
 * @param files Where the file lies.
 * @param name `'model.safetensors'`: where there is `model.safetensors.index.json`, the files that it names. An index
 * may be named itself.
 * @returns Its tensors. Close them.
 * @throws `CheckpointError` if there is no such file, one is damaged, or index and files contradict each other. The
 * message names the file.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { openTensors, saveTensors } from 'diffusion-ssl/interop';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const files = folderFiles(mkdtempSync('/tmp/model-'));
 * const bias = { dtype: 'F32' as const, shape: [2], read: () => new Float32Array([0.5, -1]) };
 * await saveTensors(files, 'model.safetensors', new Map([['bias', bias]]));
 * const { tensors, close } = await openTensors(files, 'model.safetensors');
 * console.log(await tensors.get('bias')?.read()); // Float32Array [0.5, -1]
 * await close();
 * ```
 */
export async function openTensors(files: ModelFiles, name: string): Promise<StoredTensors> {
  const index = name.endsWith('.index.json') ? name : indexName(name);
  const content = await readJsonFile(files, index);
  if (content !== undefined) return openShards(files, index, content);
  const file = await files.open(name);
  if (!file) throw new CheckpointError(`${files.place}/${name}: there is no such file.`);
  return openNamed(file, `${files.place}/${name}`);
}

async function openShards(files: ModelFiles, index: string, content: unknown): Promise<StoredTensors> {
  const where = `${files.place}/${index}`;
  const shardOf = readIndex(where, content);
  const tensors = new Map<string, StoredTensor>();
  const opened: StoredTensors[] = [];
  const close = async () => {
    for (const shard of opened) await shard.close();
  };
  try {
    for (const shard of new Set(shardOf.values())) {
      const file = await files.open(shard);
      if (!file) throw new CheckpointError(`${where} names ${shard}, which ${files.place} has not.`);
      const stored = await openNamed(file, `${files.place}/${shard}`);
      opened.push(stored);
      for (const [name, tensor] of stored.tensors) {
        if (shardOf.get(name) !== shard) {
          const said = shardOf.get(name) ?? 'none of the files';
          throw new CheckpointError(
            `${files.place}/${shard} has tensor '${name}', which by ${index} is in ${said}.`,
          );
        }
        tensors.set(name, tensor);
      }
      if (showAll(stored.metadata) !== showAll(opened[0].metadata)) {
        const first = shardOf.values().next().value;
        throw new CheckpointError(
          `${where}: ${first} and ${shard} are of two saves: their headers differ. Copy all files of one.`,
        );
      }
    }
    for (const [name, shard] of shardOf) {
      if (!tensors.has(name))
        throw new CheckpointError(`${where}: ${shard} has no tensor '${name}', which by the index is in it.`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { tensors, metadata: opened[0]?.metadata ?? {}, close };
}

/**
 * The shard of each tensor. Its `metadata.total_size` is not compared: headers say more exactly what each file must
 * hold, and files that are good have another, since some programs count whole files, or leave it where they take out
 * tensors.
 */
function readIndex(where: string, content: unknown): Map<string, string> {
  const map = isObject(content) ? content.weight_map : undefined;
  if (!isObject(map))
    throw new CheckpointError(`${where}: 'weight_map' is ${showJson(map)}; it must be an object of names.`);
  const shards = new Map<string, string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !isPlainName(shard)) {
      const foreign =
        /\.(?:bin|pth?|ckpt)$/.test(String(shard)) &&
        foreignWeights(new TextEncoder().encode(JSON.stringify(content)));
      if (foreign) throw new CheckpointError(`${where}: ${foreign}`);
      throw new CheckpointError(
        `${where}: tensor '${name}' is in ${showJson(shard)}; ` +
          'it must be the name of a .safetensors file beside the index.',
      );
    }
    shards.set(name, shard);
  }
  return shards;
}

/** Opens a file whose name stands before each error. */
async function openNamed(file: ByteSource, where: string): Promise<StoredTensors> {
  const named = async <T>(reading: () => Promise<T> | T): Promise<T> => {
    try {
      return await reading();
    } catch (error) {
      throw new CheckpointError(`${where}: ${(error as Error).message}`, { cause: error });
    }
  };
  try {
    const { tensors, metadata, close } = await named(() => openSafetensors(file));
    const entries = [...tensors].map(([name, { dtype, shape, read }]): [string, StoredTensor] => {
      return [name, { dtype, shape, read: () => named(read) }];
    });
    return { tensors: new Map(entries), metadata, close };
  } catch (error) {
    await file.close?.();
    throw error;
  }
}

function showAll(metadata: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}
