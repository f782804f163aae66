import type { PredictionType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { BandStatistics, NormalizationOptions } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../../trainer/src/config/PretrainConfig.js';
import { chipNormalization } from '../../trainer/src/data/chipNormalization.js';
import { modelConfigOf } from '../../trainer/src/setup/modelConfigOf.js';
import type { ChipScaling, LossPoint, RunSettings } from '../shared/types.js';
import { type Fields, isFields, SavedFields } from './SavedFields.js';
import { statisticsOf } from './statisticsOf.js';

const MAX_BATCH = 64;
const MAX_RATE = 0.1;
/** What the page's own networks are made of; what else a file says of one has no say here. */
const NETWORK = [
  ...['inChannels', 'patchSize', 'filterConfig', 'blockNum', 'dropoutRate', 'dropoutType', 'upmode'],
  ...['skipDropRate', 'useSkipAtt', 'timeEmbeddingDim', 'seed'],
] as const;

/** What a checkpoint's header says. */
export interface SavedState {
  settings: RunSettings;
  step: number;
  losses: LossPoint[];
  /** Whether the header is that of a run at all. */
  known: boolean;
  /** What of the run the page does another way. */
  remarks: string[];
}

/** The file that a state is of. */
export interface StateSource {
  name: string;
  /** Channels that the first filter of its weights takes. */
  inputs: number;
}

/**
 * Reads the run's state of a checkpoint by this page or by the trainer in Node; of weights alone, `defaults` say all
 * but the bands.
 *
 * @throws If the state is none of a run, or a number in it is out of its range.
 */
export function settingsOfState(saved: unknown, defaults: RunSettings, source: StateSource): SavedState {
  if (saved !== undefined) {
    const state = new SavedFields(source.name, isFields(saved) ? saved : {});
    if (isFields(state.fields.network)) return ofPage(state, state.fields.network);
    if (isFields(state.fields.config)) return ofTrainer(state, state.fields.config, source);
    throw new Error(
      `${source.name} is the checkpoint of another program: its header says nothing of a network.`,
    );
  }
  // The chips at hand tell whether the first filter takes bands, or cells of 2 × 2 pixels.
  const { inChannels: bands = 4 } = defaults.network;
  const isOfCells = source.inputs === 4 * bands;
  const network = {
    ...defaults.network,
    patchSize: isOfCells ? 2 : 1,
    inChannels: isOfCells ? bands : source.inputs,
  } as const;
  return { settings: { ...defaults, network }, step: 0, losses: [], known: false, remarks: [] };
}

function ofPage(state: SavedFields, network: Fields): SavedState {
  const { fields } = state;
  const { normalization, statistics } = isFields(fields.scaling) ? fields.scaling : {};
  const bands = Number(network.inChannels);
  const step = state.integer('step', 0, 1e9);
  return {
    settings: {
      network: Object.fromEntries(NETWORK.map((key) => [key, network[key]])) as UnetAttDConfig,
      schedule: scheduleOf(fields.schedule),
      ...shared(state),
      scaling: isFields(fields.scaling)
        ? {
            normalization: isFields(normalization) ? (normalization as NormalizationOptions) : null,
            statistics: statisticsOf(statistics, bands),
          }
        : undefined,
      bands: knownBands(fields.bands, bands),
      shownBands: shownBandsOf(fields.shownBands, bands),
      batchSize: state.integer('batchSize', 1, MAX_BATCH),
      learningRate: state.number('learningRate', 0, MAX_RATE),
    },
    step,
    losses: lossesOf(fields.losses, step),
    known: true,
    remarks: [],
  };
}

/** The state of `examples/pretrain-nicfi.ts`: its options, under the names that they have there. */
function ofTrainer(state: SavedFields, fields: Fields, source: StateSource): SavedState {
  const config = fields as unknown as PretrainConfig;
  if ((config.model ?? 'unet_att_d') !== 'unet_att_d')
    throw new Error(
      `${source.name}: its network is ${String(config.model).slice(0, 40)}; the page trains unet_att_d.`,
    );
  const options = new SavedFields(source.name, fields);
  const bands = bandsOf(source, fields.patchSize);
  const step = state.integer('step', 0, 1e9);
  const chips = isFields(state.fields.chips) ? state.fields.chips : {};
  const scaling = scalingOf(config, statisticsOf(chips.statistics, bands));
  const [batch, rate] = [options.integer('batch', 1, 1e9), options.number('learningRate', 0, 1e9)];
  const { noiseSchedule: type, timesteps, betaStart, betaEnd, zeroTerminalSnr, loss = 'mse' } = config;
  const remarks = [
    loss !== 'mse' && `It was trained by the loss ${String(loss).slice(0, 40)}; here by squared errors.`,
    config.noiseOffset > 0 && 'Its noise was shifted by whole bands; here it is not.',
    (config.maskRatio > 0 || config.maskBands > 0) && 'Parts of its chips were masked; here none are.',
    batch > MAX_BATCH && `Its batches had ${batch} chips; here they have ${MAX_BATCH}.`,
    rate > MAX_RATE && `Its learning rate was ${rate}; here it is ${MAX_RATE}.`,
    !scaling && 'It does not hold the statistics of its chips; those of the chips at hand take their place.',
  ];
  return {
    settings: {
      network: modelConfigOf(config, bands),
      schedule: scheduleOf({ type, timesteps, betaStart, betaEnd, zeroTerminalSnr }),
      ...shared(options),
      scaling,
      shownBands: shownBandsOf(chips.shownBands, bands),
      batchSize: Math.min(batch, MAX_BATCH),
      learningRate: Math.min(rate, MAX_RATE),
    },
    step,
    losses: epochLosses(state.fields, step),
    known: true,
    remarks: remarks.filter((remark) => remark !== false),
  };
}

/** Those of the first filter, which are of a cell of pixels. */
const bandsOf = ({ inputs }: StateSource, patchSize: unknown) => inputs / (patchSize === 2 ? 4 : 1);

function shared(state: SavedFields) {
  const gamma = state.number('minSnrGamma', 0, 1e6, 0);
  return {
    predictionType: (state.fields.predictionType ?? 'noise') as PredictionType,
    snrPower: state.number('snrPower', 0, 10, 0),
    minSnrGamma: gamma > 0 ? gamma : undefined,
    seed: state.integer('seed', 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Checked by `makeBetaSchedule`, but for the number of timesteps. */
function scheduleOf(schedule: unknown): RunSettings['schedule'] {
  const { type, timesteps, betaStart, betaEnd, zeroTerminalSnr } = isFields(schedule) ? schedule : {};
  const ends = zeroTerminalSnr === true ? { zeroTerminalSnr } : {};
  return { type, timesteps, betaStart, betaEnd, ...ends } as RunSettings['schedule'];
}

/** How the trainer scaled its chips; undefined where that takes statistics that are not there. */
function scalingOf(config: PretrainConfig, statistics: BandStatistics | undefined): ChipScaling | undefined {
  const { normalization = 'min_max', statistics: procedure = 'lab' } = config;
  const nodata = numbersOf(config.nodata);
  const isGlobal = normalization !== 'none' && (procedure === 'gpb' || procedure === 'gab');
  if (isGlobal && !statistics) return undefined;
  const options = chipNormalization({ ...config, normalization, statistics: procedure, nodata }, undefined);
  return { normalization: options, statistics };
}

/** What is said of the bands, where there is an entry for each. */
function knownBands(value: unknown, bands: number): RunSettings['bands'] {
  if (!Array.isArray(value) || value.length !== bands || !value.every(isFields)) return undefined;
  const text = (part: unknown) => (typeof part === 'string' && /^.{1,100}$/.test(part) ? part : undefined);
  return value.map(({ name, unit, wavelength }) => ({
    name: text(name),
    unit: text(unit),
    wavelength: Number(wavelength) > 0 ? Number(wavelength) : undefined,
  }));
}

function shownBandsOf(value: unknown, bands: number): number[] | undefined {
  const shown = numbersOf(value).filter((band) => Number.isInteger(band) && band >= 0 && band < bands);
  return shown.length === 1 || shown.length === 3 ? shown : undefined;
}

const numbersOf = (value: unknown): number[] =>
  Array.isArray(value) ? value.slice(0, 64).filter((item) => Number.isFinite(item)) : [];

/** The points of a list that are some, in the order of their steps. */
function lossesOf(value: unknown, lastStep: number): LossPoint[] {
  if (!Array.isArray(value)) return [];
  let before = 0;
  return value.filter((item): item is LossPoint => {
    if (!Array.isArray(item) || item.length !== 2 || !item.every(Number.isFinite)) return false;
    const [step] = item as LossPoint;
    if (step <= before || step > lastStep) return false;
    before = step;
    return true;
  });
}

/** The mean loss of each finished epoch, at its last step. */
function epochLosses({ history, epochLoss }: Fields, step: number): LossPoint[] {
  if (!Array.isArray(history)) return [];
  const begun = isFields(epochLoss) ? Number(epochLoss.count) || 0 : 0;
  const each = (step - begun) / history.length;
  return lossesOf(
    history.map((epoch, i) => [Math.round((i + 1) * each), isFields(epoch) ? epoch.trainLoss : null]),
    step,
  );
}
