import type { Lora } from 'diffusion-ssl/adapters';
import type { NamedParameter } from 'diffusion-ssl/models';
import type { PackedOptimizer } from 'diffusion-ssl/optimizers';
import type { ExponentialMovingAverage } from 'diffusion-ssl/training';
import type { Teller } from '../run/RunListener.js';
import type { LoraState } from './LoraState.js';
import type { LoraSubject } from './LoraSubject.js';

/** Everything that the parts of an adaptation share. */
export interface LoraRun {
  folder: string;
  state: LoraState;
  subject: LoraSubject;
  /** How many weights the network has that can be trained. */
  weights: number;
  /** Its adapters; missing where all weights are trained. */
  lora?: Lora;
  /** What is kept in checkpoints: the adapters' weights, or all of the network. */
  parameters: NamedParameter[];
  optimizer: PackedOptimizer;
  ema?: ExponentialMovingAverage;
  checkpointSteps: number;
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  teller: Teller;
  signal?: AbortSignal;
}

/** Runs with the average of what is trained, where there is one. */
export function withLoraAverage<T>({ ema }: Pick<LoraRun, 'ema'>, body: () => Promise<T>): Promise<T> {
  return ema ? ema.apply(body) : body();
}
