import type { RunInputs } from '../checkpoint/runInputs.js';
import type { LoraRunConfig } from './LoraRunConfig.js';

/** What is measured after an epoch; 0 is before the first step. */
export interface LoraEpoch {
  epoch: number;
  step: number;
  /** Mean over the steps of the epoch; missing before the first. */
  trainLoss?: number;
  /** Losses of chips that are not trained on, by what they are of. */
  losses: Record<string, number>;
}

/** Where an adaptation stands: saved in every checkpoint. */
export interface LoraState {
  config: LoraRunConfig;
  /** Hashes of what it depends on. */
  inputs: RunInputs;
  /** Hashes of the chips that were read so far. */
  contents: { train: string; validate: string };
  build: string;
  epoch: number;
  nextBatch: number;
  step: number;
  /** Over the steps of the epoch. */
  sum: { loss: number; count: number };
  history: LoraEpoch[];
}
