export { countParameters, type ParameterCount } from './countParameters.js';
export { estimateMemory, type MemoryEstimate, type MemoryOptions } from './estimateMemory.js';
export { type InferenceModel, inferenceModel } from './inferenceModel.js';
export { layersDenoiser } from './layersDenoiser.js';
export { type NamedParameter, namedParameters } from './namedParameters.js';
export { setDropoutStep } from './setDropoutStep.js';
export type { UnetAttDConfig } from './UnetAttDConfig.js';
export { unetAttD } from './unetAttD.js';
