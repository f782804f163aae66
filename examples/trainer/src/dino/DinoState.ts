import type { RunInputs } from '../checkpoint/runInputs.js';
import type { DinoConfig } from './DinoConfig.js';

/** Means over the steps of an epoch, and what is measured at its end. */
export interface DinoEpoch {
  /** From 1; 0 is before the first step. */
  epoch: number;
  step: number;
  /** Missing before the first step. */
  loss?: number;
  /** Of the teacher's outputs, as shares of ln(out) and of 1. */
  teacherEntropy?: number;
  teacherSpread?: number;
  /** How far the teacher's features of validation chips lie from their mean, as a share of their length. */
  featureSpread: number;
  /** Share of validation chips whose nearest training chips are of their class. */
  accuracy?: number;
}

/** Where a self-distillation stands: saved in every checkpoint. */
export interface DinoState {
  config: DinoConfig;
  /** Hashes of what it depends on. */
  inputs: RunInputs;
  /** Hashes of the chips that were read so far. */
  contents: { train?: unknown; validate?: unknown };
  build: string;
  epoch: number;
  nextBatch: number;
  step: number;
  /** Sums over the steps of the epoch. */
  sums: { steps: number; loss: number; teacherEntropy: number; teacherSpread: number };
  /** Steps in a row that looked like collapse. */
  suspicious: number;
  history: DinoEpoch[];
}
