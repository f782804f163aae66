export type { ConditionFields, Denoiser, DenoiserCall } from '../diffusion/Denoiser.js';
export type { Churn } from './churn.js';
export type { DpmAlgorithm } from './dpmSolverFactors.js';
export type { DynamicThresholdingOptions } from './dynamicThreshold.js';
export { type EdmScheduleOptions, edmSchedule } from './edmSchedule.js';
export { gaussianNoise } from './gaussianNoise.js';
export { type GuideDenoiserOptions, guideDenoiser } from './guideDenoiser.js';
export { type GuidanceOptions, guidedPrediction } from './guidedPrediction.js';
export { type InvertDdimOptions, invertDdim } from './invertDdim.js';
export type {
  LevelFamily,
  LevelRequest,
  NoiseLevelOptions,
  NoiseLevels,
  NoiseSchedule,
} from './NoiseSchedule.js';
export { type RepaintTimestepsOptions, repaintTimesteps } from './repaintTimesteps.js';
export type { SolverOptions } from './SolverOptions.js';
export { type SampleDdimOptions, sampleDdim } from './sampleDdim.js';
export { type DdpmVarianceType, type SampleDdpmOptions, sampleDdpm } from './sampleDdpm.js';
export { sampleDpmPlusPlus2M } from './sampleDpmPlusPlus2M.js';
export { type SampleDpmSdeOptions, sampleDpmSde } from './sampleDpmSde.js';
export { type SampleDpmSolverOptions, sampleDpmSolver } from './sampleDpmSolver.js';
export {
  type SampleDpmSolverSinglestepOptions,
  sampleDpmSolverSinglestep,
} from './sampleDpmSolverSinglestep.js';
export { type SampleEulerOptions, sampleEuler } from './sampleEuler.js';
export { type SampleEulerAncestralOptions, sampleEulerAncestral } from './sampleEulerAncestral.js';
export { type SampleHeunOptions, sampleHeun } from './sampleHeun.js';
export { type SampleLcmOptions, sampleLcm } from './sampleLcm.js';
export { type SampleLmsOptions, sampleLms } from './sampleLms.js';
export { type SamplePndmOptions, samplePndm } from './samplePndm.js';
export { type SampleRepaintOptions, sampleRepaint } from './sampleRepaint.js';
export { type SampleUniPcOptions, sampleUniPc } from './sampleUniPc.js';
export type {
  EstimateOptions,
  NoiseSource,
  SampleOptions,
  SamplerStep,
} from './types.js';
