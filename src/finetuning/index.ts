export type { ConditionFields } from '../diffusion/Denoiser.js';
export type { NamedParameter } from '../models/namedParameters.js';
export type { GroupedOptimizer } from '../optimizers/GroupedOptimizer.js';
export type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
export type { TrainStepResult } from '../training/trainStep.js';
export { attachHead, type MakeHead } from './attachHead.js';
export {
  FineTuning,
  type FineTuningOptions,
  type FineTuningStepOptions,
  type LabelledBatch,
  type PreparedTuning,
} from './FineTuning.js';
