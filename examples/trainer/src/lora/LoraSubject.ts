import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser, PredictionType } from 'diffusion-ssl/diffusion';
import type { RunInputs } from '../checkpoint/runInputs.js';
import type { LoraRun } from './LoraRun.js';
import type { LoraState } from './LoraState.js';

/** What a step trains on. */
export interface LoraBatch {
  /** Its number in the epoch. */
  batch: number;
  x0: tf.Tensor4D;
  condition?: ConditionFields;
}

/** A network that is adapted, and what it is adapted to. */
export interface LoraSubject {
  /** The network that gets adapters. */
  network: LayersModel;
  /** It as losses take it. */
  denoiser: Denoiser<ConditionFields | undefined>;
  alphaBars: Float64Array;
  predictionType: PredictionType;
  /** Hashes of what a run depends on. */
  inputs: RunInputs;
  batchesPerEpoch: number;
  /** The batches of an epoch in their order; the tensors are the caller's. */
  epoch(epoch: number, startBatch: number): AsyncIterable<LoraBatch>;
  /** Hashes of what was read so far, and those of an earlier part of the run. */
  contents(): LoraState['contents'];
  expect(contents: LoraState['contents']): void;
  /** Losses of what is not trained on, with the weights at hand, by what it is of. */
  measure(): Promise<Record<string, number>>;
  /** Writes what an epoch leaves besides logs, with the weights at hand. */
  endEpoch(run: LoraRun): Promise<void>;
  /** Compares before and after, with the weights at hand, and says what came of it. */
  finish(run: LoraRun): Promise<void>;
  close(): Promise<void>;
}
