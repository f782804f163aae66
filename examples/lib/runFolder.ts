import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from 'diffusion-ssl/errors';
import type { BandStatistics } from 'diffusion-ssl/normalization';
import { readCheckpointState } from 'diffusion-ssl/training';
import { checkRunState } from './checkRunState.js';
import type { PretrainConfig, PretrainOptions } from './pretrainOptions.js';

/** The chips of a run: with its configuration enough to scale others as they were, and to show samples in their units and colours. */
export interface RunChips {
  /** [height, width, bands] as the network sees them. */
  shape: [number, number, number];
  /** Statistics of the training chips in their own units. */
  statistics: BandStatistics;
  /** Bands shown as red, green and blue, or one as grey, from 0. */
  shownBands: number[];
}

/** Where a run stands: saved in every checkpoint. */
export interface RunState {
  config: PretrainConfig;
  chips: RunChips;
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
  history: { trainLoss: number; validationLoss: number; imagesPerSecond: number; waitShare: number }[];
  /** Seconds so far. */
  seconds: number;
}

/** Names of the checkpoints in a run's folder. */
export const LATEST = 'latest.safetensors';
export const BEST = 'best.safetensors';

/** A checkpoint to go on from. */
export interface ResumePoint {
  file: string;
  bytes: Uint8Array;
  state: RunState;
}

/**
 * Reads the checkpoint of the run to resume.
 *
 * @throws If there is none, it is damaged, or an option given now would change the run.
 */
export async function readResumePoint(
  folder: string,
  { config, given, nameOf }: PretrainOptions,
): Promise<ResumePoint> {
  const file = path.join(folder, LATEST);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new Error(`${file} does not exist: there is no run to resume in ${folder}.`);
    throw error;
  });
  let state: RunState;
  try {
    state = checkRunState(readCheckpointState(bytes));
  } catch (error) {
    throw new CheckpointError(`${file}: ${(error as Error).message}`, { cause: error });
  }
  const changed = given.filter((key) => {
    const name = key as keyof PretrainConfig;
    return JSON.stringify(config[name]) !== JSON.stringify(state.config[name]);
  });
  if (changed.length > 0) {
    const list = changed.map((key) => {
      return `${nameOf(key)} (the run has ${JSON.stringify(state.config[key as keyof PretrainConfig])})`;
    });
    throw new Error(
      `A resumed run keeps its configuration; leave out ${list.join(', ')}, or start a new run.`,
    );
  }
  return { file, bytes, state };
}
