export type { LoadTorchStateDictOptions, LoadTorchStateDictResult } from './loadTorchStateDict.js';
export { loadTorchStateDict } from './loadTorchStateDict.js';
export { readSafetensors } from './readSafetensors.js';
export type { ReadWeightsOptions } from './readWeights.js';
export { readWeights } from './readWeights.js';
export { safetensorsToFloat32 } from './safetensorsToFloat32.js';
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsTensor,
} from './safetensorsTypes.js';
export { toTorchStateDict } from './toTorchStateDict.js';
export { writeSafetensors } from './writeSafetensors.js';
