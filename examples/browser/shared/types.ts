import type { BackendName } from 'diffusion-ssl/backends';
import type { BetaScheduleType, PredictionType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { BandStatistics, NormalizationOptions } from 'diffusion-ssl/normalization';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import type { ValueRange } from '../../trainer/src/pictures/toRgb.js';

/** What a visitor may ask for; `'single'` is wasm on one thread. */
export type Device = 'auto' | 'webgpu' | 'wasm' | 'single';

/** The backend that runs. */
export interface BackendInfo {
  name: BackendName;
  /** For people: adapter or threads. */
  detail: string;
  /** What was passed over and why; empty if nothing was. */
  remarks: string[];
}

/** Chips that training draws from. */
export interface DatasetInfo {
  name: string;
  count: number;
  size: number;
  bands: number;
  bandNames: string[];
  /** Mean and standard deviation of each band, in its own units. */
  mean: number[];
  std: number[];
  /** The values of each band that are shown as black and as full brightness. */
  ranges: ValueRange[];
  /** Files that could not be used, each with the reason. */
  problems: string[];
}

/** An image on the host, in the units of its chips: row-major height × width × channels; missing values are NaN. */
export interface Pixels {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

/** The noise schedule of a run. */
export interface ScheduleSettings {
  type: BetaScheduleType;
  timesteps: number;
  betaStart?: number;
  betaEnd?: number;
  /** Whether it is rescaled to end at nothing but noise. */
  zeroTerminalSnr?: boolean;
}

/** How chips are scaled for a network. */
export interface ChipScaling {
  /** Null: not at all. */
  normalization: NormalizationOptions | null;
  /** Of the chips that the network was first trained on, in their own units. */
  statistics?: BandStatistics;
}

/** A file under its name. */
export interface NamedFile {
  name: string;
  file: Blob;
}

/** What may change while a run goes on. */
export interface StepSettings {
  batchSize: number;
  /** The highest; see `learningRateAt`. */
  learningRate: number;
}

/** Everything that a run is made from. */
export interface RunSettings extends StepSettings {
  network: UnetAttDConfig;
  schedule: ScheduleSettings;
  predictionType: PredictionType;
  /** Power of the signal-to-noise ratio that the loss is weighed by. Default 0. */
  snrPower?: number;
  /** γ of the min-SNR weights of the loss. Default: none. */
  minSnrGamma?: number;
  /** Missing: by the statistics of the first chips that the run meets. */
  scaling?: ChipScaling;
  /** What is known of the bands of its chips. */
  bands?: ModelBand[];
  /** Bands shown in colour or grey, from 0, where the run says so. */
  shownBands?: number[];
  seed: number;
}

/** A loss and the step that it was reached at. */
export type LossPoint = [step: number, loss: number];

/** What a page's checkpoint holds besides tensors; `network` makes the model that they belong to. */
export interface RunState extends RunSettings {
  app: 'diffusion-ssl page';
  step: number;
  losses: LossPoint[];
}

/** Where a run stands. */
export interface RunInfo {
  settings: RunSettings;
  step: number;
  losses: LossPoint[];
  parameters: number;
  /** What could not be taken over from a file; empty otherwise. */
  remark?: string;
}

/** After each training step. */
export interface StepReport {
  step: number;
  loss: number;
  imagesPerSecond: number;
  tensors: number;
  bytes: number;
}

/** How a chip is drawn. */
export interface SampleSettings {
  /** Timesteps of the whole reverse process, evenly spaced. */
  steps: number;
  seed: number;
  /** Index of a chip to begin with, noised to the last quarter of the process. Default: pure noise. */
  chip?: number;
}

/** How far a download is. */
export interface Download {
  what: 'wasm' | 'the sample chips';
  loadedBytes: number;
  totalBytes?: number;
}

/** One step of the reverse process. */
export interface SampleFrame {
  /** Of the sample that it belongs to. */
  seed: number;
  /** Steps that the network was trained for. */
  trained: number;
  step: number;
  t: number;
  xT: Pixels;
  x0: Pixels;
  /** As those of a data set, of the run's own chips. */
  ranges: ValueRange[];
}

/** A checkpoint in this browser. */
export interface StoredCheckpoint {
  name: string;
  bytes: number;
  /** Milliseconds since 1970. */
  savedAt: number;
}
