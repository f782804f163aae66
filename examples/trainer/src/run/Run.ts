import type { ConditionFields, Denoiser } from 'diffusion-ssl/diffusion';
import type { LossFunction } from 'diffusion-ssl/losses';
import type { NamedParameter, unetAttD } from 'diffusion-ssl/models';
import type { PackedOptimizer } from 'diffusion-ssl/optimizers';
import type { ModelBand, ModelCondition } from 'diffusion-ssl/pretrained';
import type { ExponentialMovingAverage } from 'diffusion-ssl/training';
import type { RunState } from '../checkpoint/RunState.js';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { ChipData } from '../data/chipData.js';
import type { ShownChips } from '../data/shownChips.js';
import type { Display } from '../pictures/display.js';
import type { RunSchedule } from '../setup/makeSchedule.js';
import type { RunNetwork } from '../setup/networkOf.js';
import type { RunListener } from './RunListener.js';

/** Everything that the parts of a run share. */
export interface Run {
  config: PretrainConfig;
  folder: string;
  state: RunState;
  data: ChipData;
  model: ReturnType<typeof unetAttD>;
  network: RunNetwork;
  /** What is known of the bands of its chips. */
  bands: readonly ModelBand[];
  /** The model, as losses take it: with each condition under its own name. */
  denoiser: Denoiser<ConditionFields | undefined>;
  /** What it is told of a chip besides. */
  conditions: readonly ModelCondition[];
  parameters: NamedParameter[];
  optimizer: PackedOptimizer;
  schedule: RunSchedule['schedule'];
  /** After what `schedule` is stepped. */
  scheduleUnit: RunSchedule['unit'];
  /** The first step whose batch norm keeps to its running statistics. */
  frozenFrom: number;
  ema?: ExponentialMovingAverage;
  alphaBars: Float64Array;
  loss: LossFunction;
  /** Folder of the logs. */
  logFolder: string;
  /** Steps of the whole run. */
  totalSteps: number;
  /** Steps between two checkpoints. */
  checkpointSteps: number;
  /** When it began, all its parts counted, in `performance.now()` milliseconds. */
  beginning: number;
  /** Whether `started` was told. */
  isStarted: boolean;
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  /** Those who hear how it goes. */
  events: Required<RunListener>;
  /** Asks to stop. */
  signal?: AbortSignal;
  /** Mean squared error of the best affine predictor: what a loss must beat to mean something. */
  baseline: number;
  /** Real chips, to be shown and to compare samples with. */
  shown: ShownChips;
  /** How images are shown. */
  display: Display;
}

/** What a run is measured by, which is read from its chips before it trains. */
export type RunReference = Pick<Run, 'baseline' | 'shown' | 'display'>;
