import type { OpenModel } from '../model/openModel.js';
import type { NetworkMaps } from './features/NetworkMaps.js';
import type { Reading } from './features/networkSource.js';
import type { Task } from './Task.js';

/** What a trial's methods share. */
export interface Bench {
  task: Task;
  /** The pretrained network. */
  network: OpenModel;
  /** The pretrained network's activations, and those of one with random weights. */
  pretrained: NetworkMaps;
  random: NetworkMaps;
  /** What may be read of a network: the best one is chosen on the validation labels. */
  readings: readonly Reading[];
  /** Most vectors that a head is fitted to. */
  maxRows: number;
  /** Of every so many rows and columns of a test chip one counts in the score. */
  scoreEvery: number;
  /** Steps of a training, of each learning rate. */
  steps: number;
  /** What a head for whole chips reads when it is trained with a network. */
  sceneLayers: readonly string[];
  signal?: AbortSignal;
}

/** What a method came to. */
export interface Outcome {
  /** Score on the validation labels, by which everything was chosen. */
  validation: number;
  /** Score on the test chips, read once. */
  test: number;
  /** What was chosen, in words. */
  choice: string;
  /** Of what is trained by steps: how many, and the validation scores on the way. */
  steps?: number;
  curve?: number[];
}
