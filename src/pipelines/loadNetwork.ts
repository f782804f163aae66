import type * as tfl from '@tensorflow/tfjs-layers';
import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { openTensors } from '../interop/openTensors.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import { buildWithWeights } from '../pretrained/buildWithWeights.js';
import type { ModelCodec } from '../pretrained/ModelCodec.js';

/** How a network is kept in a folder of a pipeline. */
export type NetworkCodec<C> = Pick<ModelCodec<C>, 'weightsFile' | 'decode' | 'rename' | 'specs' | 'build'> & {
  className?: string;
  metadataClassName?: string;
};

/**
 * Makes a network of a pipeline from its folder: `config.json`, and its weights, of half precision also under the name
 * that diffusers gives the `fp16` variant.
 *
 * @throws If a file is missing, damaged, or of another network.
 */
export async function loadNetwork<C>(
  files: ModelFiles,
  codec: NetworkCodec<C>,
): Promise<{ config: C; model: tfl.LayersModel }> {
  const where = `${files.place}/config.json`;
  const fields = await readJsonFile(files, 'config.json');
  if (fields === undefined) throw new CheckpointError(`${where}: there is no such file.`);
  if (!isObject(fields))
    throw new CheckpointError(`${where}: it is ${showJson(fields)}; it must be an object.`);
  const { _class_name: name } = fields;
  const known = [codec.className, codec.metadataClassName].filter((known) => known !== undefined);
  if (name !== undefined && known.length > 0 && !known.includes(name as string))
    throw new CheckpointError(`${where} is of ${showJson(name)}; it must be of ${known.join(' or ')}.`);
  let config: C;
  try {
    config = codec.decode(fields);
  } catch (error) {
    throw new CheckpointError(`${where}: ${(error as Error).message}`, { cause: error });
  }
  const weightsFile = await presentFile(files, codec.weightsFile);
  const weights = await openTensors(files, weightsFile);
  try {
    const plan = { codec: { ...codec, weightsFile }, config, weights, place: files.place };
    return { config, model: await buildWithWeights(plan) };
  } finally {
    await weights.close();
  }
}

/** The weights' file, or its variant of half precision where there is that alone. */
async function presentFile(files: ModelFiles, name: string): Promise<string> {
  const half = name.replace(/\.safetensors$/, '.fp16.safetensors');
  for (const candidate of [name, `${name}.index.json`, half]) {
    const file = await files.open(candidate);
    await file?.close?.();
    if (file) return candidate === half ? half : name;
  }
  return name;
}
