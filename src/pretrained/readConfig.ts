import { CheckpointError } from '../errors/CheckpointError.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import type { ModelConfigs, ModelFactory } from './ModelCodec.js';
import { codecOf } from './modelCodecs.js';
import { MODEL_FILE } from './modelFile.js';

/**
 * The configuration of a network, from the file that its home library has for it.
 *
 * @throws If it is missing, of another network, or damaged.
 */
export async function readConfig(
  files: ModelFiles,
  factory: ModelFactory,
): Promise<ModelConfigs[ModelFactory]> {
  const { configFile, className, metadataClassName = className, decode } = codecOf(factory);
  const where = `${files.place}/${configFile}`;
  const fields = await readJsonFile(files, configFile);
  if (fields === undefined) throw new CheckpointError(`${where}: there is no such file.`);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new CheckpointError(`${where}: it is ${showJson(fields)}; it must be an object.`);
  const { _class_name: name = className } = fields as Record<string, unknown>;
  if (name !== className && name !== metadataClassName)
    throw new CheckpointError(`${where} is of ${showJson(name)}, but ${MODEL_FILE} speaks of ${factory}.`);
  try {
    return decode(fields as Record<string, unknown>);
  } catch (error) {
    throw new CheckpointError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
