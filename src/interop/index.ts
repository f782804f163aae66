export { loadTorchStateDict } from './loadTorchStateDict.js';
export { loadWeights } from './loadWeights.js';
export type { ByteSource, ModelFiles, WritableModelFiles } from './ModelFiles.js';
export { modernAttentionNames } from './modernAttentionNames.js';
export type { NamedWeight } from './NamedWeight.js';
export { openSafetensors } from './openSafetensors.js';
export { openTensors } from './openTensors.js';
export type { LoadTorchStateDictOptions, LoadTorchStateDictResult } from './planWeights.js';
export { readSafetensors } from './readSafetensors.js';
export { readWeights } from './readWeights.js';
export { safetensorsToFloat32 } from './safetensorsToFloat32.js';
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsTensor,
  StoredTensor,
  StoredTensors,
} from './safetensorsTypes.js';
export { type SaveTensorsOptions, saveTensors } from './saveTensors.js';
export { type ReadWeightsOptions, selectWeights } from './selectWeights.js';
export { storedStateDict } from './storedStateDict.js';
export { toTorchStateDict } from './toTorchStateDict.js';
export { writeSafetensors } from './writeSafetensors.js';
