import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { openTensors } from '../interop/openTensors.js';
import type { StoredTensors } from '../interop/safetensorsTypes.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from '../models/UnetAttDConfig.js';
import type { PretrainedPlan } from './fromPretrained.js';
import type { ModelCodec, ModelConfigs, ModelFactory } from './ModelCodec.js';
import { MODEL_FILE } from './modelFile.js';
import { parseDescription } from './parseDescription.js';
import { unetAttDCodec } from './unetAttDCodec.js';

type Fields = Record<string, unknown>;

/**
 * Where the header of a checkpoint holds the run's state, as the trainer and the page have written it from the first.
 */
const RUN_KEY = 'diffusion-ssl';
const CHECKPOINTS = ['best.safetensors', 'latest.safetensors'];
const NETWORK = [
  ...['inChannels', 'outChannels', 'patchSize', 'filterConfig', 'blockNum', 'dropoutRate', 'dropoutType'],
  ...['skipDropRate', 'upmode', 'useSkipAtt', 'timeEmbeddingDim'],
];
const FIRST_WEIGHT = 'encoder_1.block.0.weight';

/**
 * What the checkpoint of a run says of its network, where there is no model folder yet.
 *
 * @throws If there is no checkpoint either, or it does not say which network it is of.
 */
export async function describeRun(files: ModelFiles): Promise<PretrainedPlan> {
  for (const name of CHECKPOINTS) {
    const weights = await openIfThere(files, name);
    if (!weights) continue;
    try {
      return planOf(weights, files.place, name);
    } catch (error) {
      await weights.close();
      throw error;
    }
  }
  throw new CheckpointError(
    `${files.place} has no ${MODEL_FILE}, and no ${CHECKPOINTS.join(' or ')} of a run: it is no model folder.`,
  );
}

async function openIfThere(files: ModelFiles, name: string): Promise<StoredTensors | undefined> {
  for (const file of [name, `${name}.index.json`]) {
    const found = await files.open(file);
    await found?.close?.();
    if (found) return openTensors(files, name);
  }
  return undefined;
}

function planOf(weights: StoredTensors, place: string, name: string): PretrainedPlan {
  const where = `${place}/${name}`;
  const fail = (problem: string, cause?: unknown) => new CheckpointError(`${where}: ${problem}`, { cause });
  const text = weights.metadata[RUN_KEY];
  if (text === undefined)
    throw fail('its header says nothing of a run, nor of which network the weights are.');
  const { state } = parsed(text);
  if (!isObject(state)) throw fail('the run state in its header is damaged.');
  const channels = weights.tensors.get(FIRST_WEIGHT)?.shape[1];
  if (channels === undefined) throw fail(`it has no tensor '${FIRST_WEIGHT}': it is of another network.`);
  const run = isObject(state.network) ? ofPage(state, state.network) : ofTrainer(state, channels);
  if (!run) throw fail('its header does not say which network it is of.');
  try {
    const config = run.network as UnetAttDConfig;
    const { inChannels } = resolveUnetAttDConfig(config);
    const bands = Array.from({ length: inChannels }, () => ({}));
    const description = parseDescription({ bands, ...run.description }, where);
    const missing = ['the names and units of its bands'];
    if (description.normalization === undefined) missing.push('the statistics that its chips were scaled by');
    if (description.diffusion === undefined) missing.push('its diffusion');
    const remarks = [
      `${where} is a checkpoint of a run, no model folder; it does not say: ${missing.join(', ')}.`,
    ];
    const codec = unetAttDCodec as ModelCodec<ModelConfigs[ModelFactory]>;
    return { factory: 'unetAttD', codec, config, description, weights, place, remarks };
  } catch (error) {
    throw error instanceof CheckpointError ? error : fail((error as Error).message, error);
  }
}

function parsed(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

interface SavedRun {
  network: Fields;
  description: Fields;
}

/** A checkpoint of `diffusion-ssl pretrain`, whose options stand under their own names. */
function ofTrainer({ config, chips }: Fields, channels: number): SavedRun | undefined {
  if (!isObject(config)) return undefined;
  const { shape, statistics: globalStats } = isObject(chips) ? chips : {};
  const { normalization: strategy, statistics: procedure, clipPercent, compat, nodata } = config;
  const readme = compat === 'readme' && {
    nodata: Array.isArray(nodata) ? nodata.map((value) => [value]) : undefined,
    ...{
      limit: Number(clipPercent) > 0 ? clipPercent : undefined,
      clipPercent: undefined,
      compat: undefined,
    },
  };
  const isKnown =
    strategy !== undefined && (isObject(globalStats) || procedure === 'lab' || procedure === 'lpb');
  const normalization = { strategy, procedure, globalStats, nodata, clipPercent, compat, ...readme };
  const { noiseSchedule, timesteps, betaStart, betaEnd, predictionType, zeroTerminalSnr } = config;
  const { skipDropRate } = config;
  const cells = config.patchSize === 2 ? 4 : 1;
  return {
    network: {
      ...picked(config),
      // One rate for all five is a list of one.
      skipDropRate: Array.isArray(skipDropRate) && skipDropRate.length === 1 ? skipDropRate[0] : skipDropRate,
      useSkipAtt: config.attention,
      inChannels: channels / cells,
    },
    description: {
      size: Array.isArray(shape) ? shape.slice(0, 2) : undefined,
      diffusion: diffusionOf({
        ...{ schedule: noiseSchedule, timesteps, betaStart, betaEnd, predictionType, zeroTerminalSnr },
      }),
      normalization:
        strategy === 'none' ? null : isKnown ? JSON.parse(JSON.stringify(normalization)) : undefined,
    },
  };
}

/** A checkpoint of the page. */
function ofPage({ schedule, scaling, predictionType }: Fields, network: Fields): SavedRun {
  const { type, timesteps, betaStart, betaEnd } = isObject(schedule) ? schedule : {};
  const { normalization, statistics: globalStats } = isObject(scaling) ? scaling : {};
  return {
    network: picked(network),
    description: {
      diffusion: diffusionOf({ schedule: type, timesteps, betaStart, betaEnd, predictionType }),
      normalization: isObject(normalization) ? { ...normalization, globalStats } : normalization,
    },
  };
}

/** Runs from before it could be chosen predict the noise. */
function diffusionOf({ predictionType = 'noise', ...fields }: Fields): Fields | undefined {
  return fields.schedule === undefined ? undefined : { ...fields, predictionType };
}

/** The arguments of the network among other fields. */
function picked(fields: Fields): Fields {
  return Object.fromEntries(
    NETWORK.filter((key) => fields[key] !== undefined).map((key) => [key, fields[key]]),
  );
}
