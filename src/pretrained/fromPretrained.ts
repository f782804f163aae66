import type * as tfl from '@tensorflow/tfjs-layers';
import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { openTensors } from '../interop/openTensors.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import type { StoredTensors } from '../interop/safetensorsTypes.js';
import { buildWithWeights } from './buildWithWeights.js';
import { checkConditions } from './checkConditions.js';
import { countImageBands } from './countImageBands.js';
import { describeDiffusers, partOf } from './describeDiffusers.js';
import { describeRun } from './describeRun.js';
import type { ModelCodec, ModelConfigs, ModelFactory } from './ModelCodec.js';
import type { ModelDescription } from './ModelDescription.js';
import { codecOf, modelFactories } from './modelCodecs.js';
import { MODEL_FILE, SAVE_KEY } from './modelFile.js';
import { parseDescription } from './parseDescription.js';
import { readConfig } from './readConfig.js';

/** A network and what its folder says of it, but for its weights. */
export type PretrainedNetwork = ModelDescription & {
  /** What the folder does not say, in words for people; empty for what `savePretrained` wrote with everything. */
  remarks: string[];
} & {
    [F in ModelFactory]: {
      factory: F;
      /** What it was made with. */
      config: ModelConfigs[F];
    };
  }[ModelFactory];

/** A network and what its folder says of it. */
export type PretrainedModel = PretrainedNetwork & {
  /** The network, with its weights; the caller's to dispose. */
  model: tfl.LayersModel;
};

/** Options of {@link fromPretrained}. */
export interface FromPretrainedOptions {
  /** Told of the network before anything of its size is made: what it throws ends the opening. */
  accept?(network: PretrainedNetwork): void;
}

/** A network before its weights are read. */
export interface PretrainedPlan {
  factory: ModelFactory;
  codec: ModelCodec<ModelConfigs[ModelFactory]>;
  config: ModelConfigs[ModelFactory];
  description: ModelDescription;
  weights: StoredTensors;
  /** Where the weights lie. */
  place: string;
  remarks: string[];
}

/**
 * Opens a folder that `savePretrained` or the trainer wrote, and makes its network. Everything is checked before
 * anything of the network's size is made, and weights are read one tensor at a time.
 *
 * A folder that diffusers wrote is opened too, of a `UNet2DModel`, `UNet2DConditionModel`, `DiTTransformer2DModel` or
 * `AutoencoderKL`, or of a pipeline with one of the former three, also with the names that its attention layers had
 * before; `remarks` says what it does not.
 *
 * A run's folder from before there was a model in it is opened too, by its best checkpoint, with the average of the
 * weights; `remarks` says what it does not.
 *
 * @param files Where: `folderFiles(folder)` of `diffusion-ssl/training/node`; in a page `httpFiles`, `browserFiles` or
 * `indexedDbFiles`.
 * @param options See {@link FromPretrainedOptions}.
 * @throws `CheckpointError` if a file is missing, damaged, contradicts another one, or is of a network that this
 * package has not; it names the file.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { normalizeRaster } from 'diffusion-ssl/normalization';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { checkBands, fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const config = { inChannels: 1, filterConfig: [4, 4, 8, 8, 8, 8] };
 * const files = folderFiles(mkdtempSync('/tmp/model-'));
 * const normalization = { strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [9], std: [3] } } as const;
 * await savePretrained(unetAttD(config), files, { config, bands: [{ name: 'B08' }], normalization });
 *
 * const pretrained = await fromPretrained(files);
 * const chip = { height: 1, width: 1, channels: 1, data: new Float32Array([12]) };
 * checkBands(pretrained.bands, { count: chip.channels, names: ['B08'] });
 * console.log(normalizeRaster(chip, pretrained.normalization ?? {}).data[0]); // 1
 * ```
 */
export async function fromPretrained(
  files: ModelFiles,
  { accept }: FromPretrainedOptions = {},
): Promise<PretrainedModel> {
  const plan = await planPretrained(files);
  const { factory, config, description, remarks } = plan;
  const network = { factory, config, ...description, remarks } as PretrainedNetwork;
  try {
    return { ...network, model: await buildWithWeights(plan, () => accept?.(network)) };
  } finally {
    await plan.weights.close();
  }
}

/** Reads and checks all but the values of the weights, which stay open. */
async function planPretrained(files: ModelFiles): Promise<PretrainedPlan> {
  const said = await readJsonFile(files, MODEL_FILE);
  if (said === undefined) return (await describeDiffusers(files)) ?? describeRun(files);
  const where = `${files.place}/${MODEL_FILE}`;
  if (!isObject(said)) throw new CheckpointError(`${where}: it is ${showJson(said)}; it must be an object.`);
  if (said.version !== 1)
    throw new CheckpointError(
      `${where}: version is ${showJson(said.version)}; this package reads version 1.`,
    );
  const { factory } = said;
  if (!isFactory(factory)) {
    const known = modelFactories.join(', ');
    throw new CheckpointError(`${where}: factory is ${showJson(factory)}; this package has ${known}.`);
  }
  const description = parseDescription(said, where);
  const codec = codecOf(factory);
  if (said.folder !== undefined && said.folder !== codec.pipelineFolder)
    throw new CheckpointError(`${where}: folder is ${showJson(said.folder)}; ${factory} has no such folder.`);
  const own = said.folder === undefined ? files : partOf(files, said.folder as string);
  const config = await readConfig(own, factory);
  const taken = codec.bands(config) - countImageBands(description.conditions);
  if (description.bands.length !== taken) {
    throw new CheckpointError(
      `${where} has ${description.bands.length} bands, but the network of ${codec.configFile} takes ${taken}.`,
    );
  }
  checkConditions(description.conditions, config, where);
  const weights = await openTensors(own, codec.weightsFile);
  const save = weights.metadata[SAVE_KEY];
  if (save !== undefined && said.save !== undefined && save !== said.save) {
    await weights.close();
    throw new CheckpointError(
      `${files.place}: ${codec.weightsFile} and ${MODEL_FILE} are of two networks or saves; copy all files of one.`,
    );
  }
  const unsaid = {
    'how its chips are scaled': description.normalization,
    // A network that makes features has none.
    'its diffusion': factory === 'vit' ? 'none' : description.diffusion,
  };
  const missing = Object.entries(unsaid).flatMap(([what, value]) => (value === undefined ? [what] : []));
  if (!description.bands.every(({ name }) => name)) missing.push('the names of its bands');
  const remarks = missing.length > 0 ? [`${where} does not say: ${missing.join(', ')}.`] : [];
  return { factory, codec, config, description, weights, place: own.place, remarks };
}

const isFactory = (name: unknown): name is ModelFactory => modelFactories.includes(name as ModelFactory);
