import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { openTensors } from '../interop/openTensors.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import type { PretrainedPlan } from './fromPretrained.js';
import type { ModelDiffusion } from './ModelDescription.js';
import { codecOf, factoryOfClass } from './modelCodecs.js';
import { readConfig } from './readConfig.js';
import { fromSchedulerConfig } from './schedulerConfig.js';

/** What a pipeline of diffusers says which folders it has. */
export const PIPELINE_FILE = 'model_index.json';

/** The folders of a pipeline that may hold its network: of DiT's the latter. */
const NETWORK_FOLDERS = ['unet', 'transformer'];

/**
 * What a folder of diffusers says of its network: that of a model, or of a pipeline with one.
 *
 * @returns Undefined for another folder.
 * @throws If it is of a network that this package has not, or damaged.
 */
export async function describeDiffusers(files: ModelFiles): Promise<PretrainedPlan | undefined> {
  const pipeline = await readJsonFile(files, PIPELINE_FILE);
  const parts = isObject(pipeline) ? Object.keys(pipeline) : [];
  const folder = NETWORK_FOLDERS.find((name) => parts.includes(name)) ?? NETWORK_FOLDERS[0];
  const own = pipeline === undefined ? files : partOf(files, folder);
  const fields = await readJsonFile(own, 'config.json');
  const className = isObject(fields) ? fields._class_name : undefined;
  const factory = factoryOfClass(className);
  if (factory === undefined) {
    if (pipeline === undefined) return undefined;
    throw new CheckpointError(
      `${own.place}/config.json: its network is ${showJson(className)}; this package has UNet2DModel, ` +
        'UNet2DConditionModel, DiTTransformer2DModel and AutoencoderKL of diffusers.',
    );
  }
  const codec = codecOf(factory);
  const config = await readConfig(own, factory);
  const diffusion = pipeline === undefined ? undefined : await diffusionOf(partOf(files, 'scheduler'));
  const bands = Array.from({ length: codec.bands(config) }, () => ({}));
  const weights = await openTensors(own, codec.weightsFile);
  const missing = ['the names of its bands', 'how its chips are scaled'];
  if (!diffusion) missing.push('its diffusion');
  const remarks = [`${files.place} is a folder of diffusers; it does not say: ${missing.join(', ')}.`];
  return { factory, codec, config, description: { bands, diffusion }, weights, place: own.place, remarks };
}

/** A folder within a folder. */
export function partOf(files: ModelFiles, name: string): ModelFiles {
  if (files.folder) return files.folder(name);
  throw new CheckpointError(
    `${files.place} is a pipeline of diffusers; these files know no folders: give those of its '${name}'.`,
  );
}

async function diffusionOf(files: ModelFiles): Promise<ModelDiffusion | undefined> {
  // Its writer puts -Infinity into it, which is no JSON.
  const fields = await readJsonFile(files, 'scheduler_config.json', { infinities: true });
  return isObject(fields) ? fromSchedulerConfig(fields) : undefined;
}
