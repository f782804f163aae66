import type { PretrainConfig } from '../config/PretrainConfig.js';

/** What a self-distillation depends on: kept in its checkpoints. */
export interface DinoConfig {
  /** What the settings began with; missing: those for small chips. */
  preset?: 'dino' | 'sar';
  /** Where chips come from and how they are scaled; of the rest of it nothing is read but batch, epochs and seed. */
  chips: PretrainConfig;
  /** Column of the catalog with the classes of chips, for the score; missing: there is none. */
  labels?: string;
  neighbours: number;

  tokenSize: number;
  embedDim: number;
  depth: number;
  numHeads: number;
  dropPath: number;
  outDim: number;
  hiddenDim: number;
  bottleneckDim: number;
  freeLastNorm: boolean;

  globalSize: number;
  globalScale: [number, number];
  localCount: number;
  localSize: number;
  localScale: [number, number];
  mirror: number;

  studentTemp: number;
  warmupTeacherTemp: number;
  teacherTemp: number;
  warmupTeacherTempEpochs: number;
  centreMomentum: number;
  teacherMomentum: number;
  /** For a batch of 256 chips. */
  lr: number;
  minLr: number;
  warmupEpochs: number;
  weightDecay: number;
  weightDecayEnd: number;
  clip: number;
  freezeLastLayer: number;
  /** Steps in a row that look like collapse and end the run; 0: never. */
  patience: number;
}
