export { type BandMaskOptions, bandMask } from './bandMask.js';
export { type BlockMaskOptions, blockMask } from './blockMask.js';
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
export { type LossRegion, regionLoss } from './regionLoss.js';
export { type TrainStepOptions, type TrainStepResult, trainStep } from './trainStep.js';
