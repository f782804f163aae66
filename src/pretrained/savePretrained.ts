import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { fingerprint } from '../internal/fingerprint.js';
import { version } from '../internal/version.js';
import type { WritableModelFiles } from '../interop/ModelFiles.js';
import { saveTensors } from '../interop/saveTensors.js';
import { storedStateDict } from '../interop/storedStateDict.js';
import { namedParameters } from '../models/namedParameters.js';
import { checkConditions } from './checkConditions.js';
import { countImageBands } from './countImageBands.js';
import { PIPELINE_FILE } from './describeDiffusers.js';
import type { ModelConfigs, ModelFactory } from './ModelCodec.js';
import type { ModelDescription, ModelDiffusion } from './ModelDescription.js';
import { codecOf } from './modelCodecs.js';
import { MODEL_FILE, SAVE_KEY } from './modelFile.js';
import { parseDescription } from './parseDescription.js';
import { toSchedulerConfig } from './schedulerConfig.js';

/** What {@link savePretrained} writes beside the weights. */
export interface SavePretrainedOptions<F extends ModelFactory = 'unetAttD'> extends ModelDescription {
  /** What made the network. Default `'unetAttD'`. */
  factory?: F;
  /** What it was made with. */
  config: ModelConfigs[F];
  /** A model card in Markdown, for `README.md`. Default: none is written, and one that is there stays. */
  card?: string;
}

/**
 * Writes a network as a folder: `config.json` and `model.safetensors` (above 2 GB several files with an index) with
 * torch's names, and `diffusion_ssl.json`, which says what it was trained for and how chips are given to it.
 *
 * Networks of diffusers are written as that does, `diffusion_pytorch_model.safetensors`; a `unet2d` with its diffusion,
 * where there can be folders, as a pipeline that its `DDPMPipeline` opens (`model_index.json`, `unet`, `scheduler`),
 * unless it has conditions.
 *
 * Each file is whole at every moment, the weights are written last, and carry a mark of the description they belong to:
 * weights and description of two saves are not taken for one.
 *
 * @param model The network, with the weights to keep: within `ema.apply`, the average.
 * @param files Where to: `folderFiles('runs/nicfi/model')` of `diffusion-ssl/training/node`, or `indexedDbFiles` in a
 * page.
 * @param options See {@link SavePretrainedOptions}.
 * @throws `ConfigError` if the network is not that of `config` or the description is not right; what `files` throw.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const config = { inChannels: 3, filterConfig: [4, 4, 8, 8, 8, 8] };
 * const files = folderFiles(mkdtempSync('/tmp/model-'));
 * await savePretrained(unetAttD(config), files, {
 *   config,
 *   bands: [{ name: 'red', wavelength: 0.665 }, { name: 'green' }, { name: 'blue' }],
 *   diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 1000, predictionType: 'x0' },
 *   normalization: { strategy: 'z_value', procedure: 'lpb' },
 * });
 * console.log((await fromPretrained(files)).bands[0].name); // red
 * ```
 */
export async function savePretrained<F extends ModelFactory = 'unetAttD'>(
  model: tfl.LayersModel,
  files: WritableModelFiles,
  { factory: named, config, card, ...description }: SavePretrainedOptions<F>,
): Promise<void> {
  const factory: ModelFactory = named ?? 'unetAttD';
  const codec = codecOf(factory);
  const parameters = namedParameters(model);
  const shapes = (list: readonly { name: string; shape: readonly number[] }[]) =>
    list
      .map(({ name, shape }) => `${name} [${shape}]`)
      .sort()
      .join();
  const specs = parameters.map(({ name, spec }) => ({ name, shape: spec.shape }));
  if (shapes(codec.specs(config)) !== shapes(specs))
    throw new ConfigError(`savePretrained: the network is not the ${factory} of this config.`);
  const architecture = codec.encode(config);
  const { bands, diffusion, normalization, size, classes, conditions } = description;
  const inChannels = codec.bands(config) - countImageBands(conditions);
  if (bands.length !== inChannels)
    throw new ConfigError(
      `savePretrained: there are ${bands.length} bands; the network takes ${inChannels}.`,
    );
  const said = JSON.parse(
    JSON.stringify({ bands, diffusion, normalization, size, classes, conditions }, listsAsArrays),
  );
  try {
    checkConditions(parseDescription(said, 'savePretrained').conditions, config, 'savePretrained');
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
  const save = fingerprint(JSON.stringify([factory, architecture, said]));
  const { pipelineFolder: part } = codec;
  // Its DDPMPipeline knows of no conditions.
  const isTold = conditions !== undefined && conditions.length > 0;
  const isPipeline = part !== undefined && diffusion !== undefined && files.folder !== undefined && !isTold;
  const own = isPipeline ? files.folder!(part) : files;
  if (isPipeline) await writePipeline(files, codec.className, diffusion);
  await writeJson(own, codec.configFile, { _class_name: codec.className, ...architecture });
  const folder = isPipeline ? part : undefined;
  await writeJson(files, MODEL_FILE, { version: 1, library: version, factory, folder, save, ...said });
  if (card !== undefined) await files.write('README.md', [new TextEncoder().encode(card)]);
  const metadata = { format: 'pt', [SAVE_KEY]: save };
  await saveTensors(own, codec.weightsFile, storedStateDict(parameters), { metadata });
}

/** What makes the folder one of diffusers' `DDPMPipeline`. */
async function writePipeline(
  files: WritableModelFiles,
  className: string,
  diffusion: ModelDiffusion,
): Promise<void> {
  const scheduler = 'DDPMScheduler';
  const parts = { scheduler: ['diffusers', scheduler], unet: ['diffusers', className] };
  await writeJson(files, PIPELINE_FILE, { _class_name: 'DDPMPipeline', ...parts });
  const fields = { _class_name: scheduler, ...toSchedulerConfig(diffusion) };
  await writeJson(files.folder!('scheduler'), 'scheduler_config.json', fields);
}

/** Statistics may be typed arrays, which JSON takes for objects. */
function listsAsArrays(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
}

async function writeJson(files: WritableModelFiles, name: string, value: unknown): Promise<void> {
  await files.write(name, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
}
