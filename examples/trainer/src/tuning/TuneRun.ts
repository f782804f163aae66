import type { FineTuning } from 'diffusion-ssl/finetuning';
import type { ExponentialMovingAverage } from 'diffusion-ssl/training';
import type { ModelClass } from '../heads/ModelClass.js';
import type { OpenModel } from '../model/openModel.js';
import type { Task } from '../transfer/Task.js';
import type { TuneState } from './TuneState.js';
import type { TuningLoss } from './tuningLoss.js';

/** Everything that the parts of a fine-tuning share. */
export interface TuneRun {
  folder: string;
  state: TuneState;
  model: OpenModel;
  task: Task;
  classes: ModelClass[];
  tuning: FineTuning;
  loss: TuningLoss;
  ema?: ExponentialMovingAverage;
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  signal?: AbortSignal;
}

/** Runs with the average of the weights, where there is one. */
export function withTunedAverage<T>({ ema }: Pick<TuneRun, 'ema'>, body: () => Promise<T>): Promise<T> {
  return ema ? ema.apply(body) : body();
}
