export { type BandMaskOptions, bandMask } from './bandMask.js';
export { type BlockMaskOptions, blockMask } from './blockMask.js';
export { checkpointPieces } from './checkpointPieces.js';
export type { CheckpointParts } from './checkpointTensors.js';
export { type ConditionEffectOptions, conditionEffect } from './conditionEffect.js';
export {
  type DiffusionBatch,
  type DiffusionLossFunction,
  type DiffusionLossOptions,
  diffusionLoss,
} from './diffusionLoss.js';
export { type DropConditionOptions, dropCondition } from './dropCondition.js';
export { ExponentialMovingAverage } from './ExponentialMovingAverage.js';
export { encodeCheckpoint } from './encodeCheckpoint.js';
export { NonFiniteLossError } from './NonFiniteLossError.js';
export type { ConditionEffect, EffectBin, FieldEffect, ShuffledLoss } from './PairedLosses.js';
export { readCheckpointState } from './readCheckpointState.js';
export { type LossRegion, regionLoss } from './regionLoss.js';
export { restoreCheckpoint } from './restoreCheckpoint.js';
export { type TrainStepOptions, type TrainStepResult, trainStep } from './trainStep.js';
export { writeCheckpoint } from './writeCheckpoint.js';
