export { type DdimStepOptions, ddimStep } from './ddimStep.js';
export { type DdimVarianceOptions, ddimVariance } from './ddimVariance.js';
export { type DdpmStepOptions, ddpmStep } from './ddpmStep.js';
export { type DdpmVarianceOptions, type DdpmVarianceType, ddpmVariance } from './ddpmVariance.js';
export type { DynamicThresholdingOptions } from './dynamicThreshold.js';
export { gaussianNoise } from './gaussianNoise.js';
export { type SampleDdimOptions, sampleDdim } from './sampleDdim.js';
export { type SampleDdpmOptions, sampleDdpm } from './sampleDdpm.js';
export type {
  Denoiser,
  EstimateOptions,
  NoiseSource,
  SampleOptions,
  SamplerStep,
  StepOptions,
  StepResult,
} from './types.js';
