import type { EpochRecord } from './epochRecords.js';
import type { Run } from './Run.js';
import type { RunSamples } from './sampleRun.js';

/** One optimizer step, as it is logged. */
export interface StepRecord {
  step: number;
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  images: number;
}

/** What `summary.json` holds. */
export interface RunSummary {
  validationLoss?: number;
  imagesPerSecond?: number;
  skippedChips: number;
  [key: string]: unknown;
}

/** Tells people something. */
export type Teller = Pick<Required<RunListener>, 'note' | 'warning'>;

/**
 * Hears how a run goes, and shows, logs or draws it: the console, the logs and the pictures are listeners, and so may
 * be what a caller of `pretrain` brings. The run waits for each; what one throws ends it.
 */
export interface RunListener {
  /** Something to tell people. */
  note?(text: string): void;
  /** Something that people should look at. */
  warning?(text: string): void;
  /** Files may be written from now on: the first step follows, or what comes in its place. The state is as it was. */
  started?(run: Run): Promise<void>;
  /** A step was made; no checkpoint holds it yet. */
  stepped?(run: Run, record: StepRecord): void;
  /** An epoch was validated; no checkpoint holds it yet, so that what is not written of it is written again. */
  epochEnded?(run: Run, record: EpochRecord): Promise<void>;
  /** A checkpoint was written: its file, or the index of several. */
  checkpointSaved?(run: Run, file: string): Promise<void>;
  /** The checkpoints of an epoch were written. */
  epochSaved?(run: Run, record: EpochRecord): Promise<void>;
  /** Samples were drawn, after the last epoch. */
  samplesDrawn?(run: Run, samples: RunSamples): Promise<void>;
  /** A picture was drawn: a PNG file's bytes. */
  pictureDrawn?(run: Run, tag: 'panel' | 'samples', png: Uint8Array): void;
  /** All is written. */
  finished?(run: Run, summary: RunSummary): void;
  /** The run was asked to stop and is saved; `command` goes on with it. */
  stopped?(step: number, command: string): void;
}
