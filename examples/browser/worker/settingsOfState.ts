import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../../lib/config/PretrainConfig.js';
import { modelConfigOf } from '../../lib/modelConfigOf.js';
import type { RunSettings } from '../shared/types.js';

/** What a checkpoint's header says. */
export interface SavedState {
  settings: RunSettings;
  step: number;
  losses: number[];
  /** Whether the header is that of a run at all. */
  known: boolean;
  /** What of the run the page does another way. */
  remark?: string;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Reads the run's state of a checkpoint by this page or by the trainer in Node; what is missing is as in `defaults`. */
export function settingsOfState(state: unknown, defaults: RunSettings): SavedState {
  if (isFields(state) && isFields(state.network)) {
    return {
      settings: {
        network: state.network as UnetAttDConfig,
        schedule: { ...defaults.schedule, ...(isFields(state.schedule) ? state.schedule : {}) },
        predictionType: predictionTypeOf(state),
        ...numbersOf(state, defaults),
      },
      step: count(state.step),
      losses: finite(state.losses),
      known: true,
    };
  }
  if (isFields(state) && isFields(state.config)) return ofTrainer(state, state.config, defaults);
  return { settings: defaults, step: 0, losses: [], known: false };
}

/** The state of `examples/pretrain-nicfi.ts`: its options, under the names that they have there. */
function ofTrainer(state: Fields, config: Fields, defaults: RunSettings): SavedState {
  const inChannels = defaults.network.inChannels ?? 4;
  const { noiseSchedule, timesteps, betaStart, betaEnd } = config;
  const schedule = { type: noiseSchedule, timesteps, betaStart, betaEnd };
  const { normalization = 'min_max', statistics = 'lab' } = config;
  const scaledAlike = normalization === 'min_max' && statistics === 'lab';
  const epochs = Array.isArray(state.history) ? (state.history as Fields[]) : [];
  return {
    settings: {
      // Those of the first filter, which are of a cell of pixels.
      network: modelConfigOf(
        config as unknown as PretrainConfig,
        inChannels / (config.patchSize === 2 ? 4 : 1),
      ),
      schedule: schedule as RunSettings['schedule'],
      predictionType: predictionTypeOf(config),
      ...numbersOf({ ...config, batchSize: config.batch }, defaults),
    },
    step: count(state.step),
    losses: finite(epochs.map(({ trainLoss }) => trainLoss)),
    known: true,
    remark: scaledAlike
      ? undefined
      : `Its chips were scaled by ${normalization} (${statistics}); here each is scaled to 0 to 1 by itself.`,
  };
}

const predictionTypeOf = ({ predictionType }: Fields) =>
  predictionType === 'x0' || predictionType === 'v' ? predictionType : undefined;

function numbersOf(from: Fields, defaults: RunSettings) {
  const { batchSize, learningRate, seed } = from;
  const positive = (value: unknown): value is number => Number.isFinite(value) && (value as number) > 0;
  return {
    batchSize:
      Number.isInteger(batchSize) && positive(batchSize) ? Math.min(batchSize, 64) : defaults.batchSize,
    learningRate: positive(learningRate) ? learningRate : defaults.learningRate,
    seed: Number.isSafeInteger(seed) && (seed as number) >= 0 ? (seed as number) : defaults.seed,
  };
}

const count = (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;

const finite = (values: unknown): number[] =>
  Array.isArray(values) ? values.filter((value) => Number.isFinite(value)) : [];
