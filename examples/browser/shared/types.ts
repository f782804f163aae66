import type { BackendName } from 'diffusion-ssl/backends';
import type { BetaScheduleType, PredictionType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';

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
  /** Files that could not be used, each with the reason. */
  problems: string[];
}

/** An image on the host: row-major height × width × channels. */
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
}

/** Everything that a run is made from. */
export interface RunSettings {
  network: UnetAttDConfig;
  schedule: ScheduleSettings;
  /** What the network predicts; missing: the noise. */
  predictionType?: PredictionType;
  batchSize: number;
  learningRate: number;
  seed: number;
}

/** What a page's checkpoint holds besides tensors; `network` makes the model that they belong to. */
export interface RunState extends RunSettings {
  app: 'diffusion-ssl page';
  step: number;
  losses: number[];
}

/** Where a run stands. */
export interface RunInfo {
  settings: RunSettings;
  step: number;
  losses: number[];
  parameters: number;
  /** Mean squared error of the best affine predictor on the chips at hand. */
  baseline: number;
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

/** One step of the reverse process. */
export interface SampleFrame {
  step: number;
  t: number;
  xT: Pixels;
  x0: Pixels;
}

/** A checkpoint in this browser. */
export interface StoredCheckpoint {
  name: string;
  bytes: number;
  /** Milliseconds since 1970. */
  savedAt: number;
}
