import type { BandStatistics } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { RunInputs } from './runInputs.js';

/**
 * The chips of a run: with its configuration enough to scale others as they were, and to show samples in their units
 * and colours.
 */
export interface RunChips {
  /** [height, width, bands] as the network sees them. */
  shape: [number, number, number];
  /** Statistics of the training chips in their own units. */
  statistics: BandStatistics;
  /** Bands shown as red, green and blue, or one as grey, from 0. */
  shownBands: number[];
}

/** What is kept of a finished epoch; checkpoints of earlier versions lack the last three. */
export interface FinishedEpoch {
  trainLoss: number;
  validationLoss: number;
  imagesPerSecond: number;
  waitShare: number;
  step?: number;
  learningRate?: number;
  seconds?: number;
}

/** Where a run stands: saved in every checkpoint. */
export interface RunState {
  config: PretrainConfig;
  chips: RunChips;
  /** What the run depends on: hashes, and those of the chips' contents as `ChipContents` writes them. */
  inputs?: RunInputs;
  contents?: { train: string; validate: string };
  /** What was said of chips that are skipped. */
  skipped?: string[];
  /** Kernel variant and version: only with the same one does a resumed run give the same bits. */
  build: string;
  /** Epoch in progress, from 0. */
  epoch: number;
  /** Batch of the epoch that comes next. */
  nextBatch: number;
  /** Optimizer steps so far. */
  step: number;
  schedule: Record<string, unknown>;
  /** Learning rate of the last step. */
  learningRate: number;
  /** Sum and number of the losses of the epoch in progress. */
  epochLoss: { sum: number; count: number };
  /** Images trained on in the epoch in progress, and seconds spent on it. */
  epochImages: number;
  epochSeconds: number;
  /** Of those, seconds in which there was no batch to train on yet. */
  epochWaitSeconds: number;
  /** Finished epochs. */
  history: FinishedEpoch[];
  /** Seconds so far. */
  seconds: number;
}
