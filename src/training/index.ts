export type { DataLevels } from '../losses/normalNll.js';
export { type BandMaskOptions, bandMask } from './bandMask.js';
export { type BlockMaskOptions, blockMask } from './blockMask.js';
export type { BoundOptions, BoundVariance } from './boundTerm.js';
export { checkpointPieces } from './checkpointPieces.js';
export type { CheckpointParts } from './checkpointTensors.js';
export { type CloudMaskOptions, cloudMask } from './cloudMask.js';
export { type ConditionEffectOptions, conditionEffect } from './conditionEffect.js';
export {
  type DiffusionBatch,
  type DiffusionLossFunction,
  type DiffusionLossOptions,
  diffusionLoss,
} from './diffusionLoss.js';
export { type DropConditionOptions, dropCondition } from './dropCondition.js';
export { ExponentialMovingAverage } from './ExponentialMovingAverage.js';
export { type EdmBatch, type EdmLossOptions, edmLoss } from './edmLoss.js';
export { encodeCheckpoint } from './encodeCheckpoint.js';
export type { EstimateX0Options } from './estimateX0.js';
export { type LearnedVarianceLossOptions, learnedVarianceLoss } from './learnedVarianceLoss.js';
export { type MaskInputOptions, maskInput } from './maskInput.js';
export { NonFiniteLossError } from './NonFiniteLossError.js';
export type { ConditionEffect, EffectBin, FieldEffect, ShuffledLoss } from './PairedLosses.js';
export { readCheckpointState } from './readCheckpointState.js';
export { type LossRegion, regionLoss } from './regionLoss.js';
export { restoreCheckpoint } from './restoreCheckpoint.js';
export { type ScanLineMaskOptions, scanLineMask } from './scanLineMask.js';
export { type SelfConditionedSampler, selfConditionSampling } from './selfConditionSampling.js';
export { type SelfConditionTrainingOptions, selfConditionTraining } from './selfConditionTraining.js';
export {
  type Objective,
  type ObjectiveStepOptions,
  type TrainStepBaseOptions,
  type TrainStepOptions,
  type TrainStepResult,
  trainStep,
} from './trainStep.js';
export { type VariationalBound, type VariationalBoundOptions, variationalBound } from './variationalBound.js';
export { writeCheckpoint } from './writeCheckpoint.js';
