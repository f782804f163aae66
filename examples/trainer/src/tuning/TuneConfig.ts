import type { LabelFlags } from '../config/addLabelFlags.js';
import type { TaskKind } from '../transfer/Task.js';

/** What fine-tuning depends on: kept in its checkpoints. */
export interface TuneConfig extends LabelFlags {
  /** Folder of the pretrained network, or its address. */
  model: string;
  task: TaskKind;
  head: 'linear' | 'conv' | 'fpn';
  width: number;
  layers?: string[];
  timestep: number;
  frozen: boolean;
  batchNorm: 'running' | 'batch';
  /** The network's learning rate as a part of the head's, and by how much each block's is that of the next. */
  rate: number;
  layerDecay: number;
  headFirst: number;
  loss: 'ce' | 'dice' | 'focal' | 'ce+dice';
  classWeights?: number[] | 'balanced';
  labelSmoothing: number;
  lr: number;
  weightDecay: number;
  schedule: 'cosine' | 'constant';
  warmup: number;
  steps: number;
  batch: number;
  /** Steps between two looks at the validation chips. */
  checkEvery: number;
  /** Looks without a better score after which it ends; 0: never. */
  patience: number;
  ema: number;
  clip: number;
  seed: number;
}
