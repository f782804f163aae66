export {
  type CheckpointParts,
  encodeCheckpoint,
  readCheckpointState,
  restoreCheckpoint,
} from './checkpoint.js';
export {
  type DiffusionBatch,
  type DiffusionLossFunction,
  type DiffusionLossOptions,
  diffusionLoss,
} from './diffusionLoss.js';
export { ExponentialMovingAverage } from './ExponentialMovingAverage.js';
export { NonFiniteLossError } from './NonFiniteLossError.js';
export { type TrainStepOptions, type TrainStepResult, trainStep } from './trainStep.js';
