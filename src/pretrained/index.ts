export type { ByteSource, ModelFiles, WritableModelFiles } from '../interop/ModelFiles.js';
export { browserFiles } from './browserFiles.js';
export { type ChipBands, checkBands } from './checkBands.js';
export {
  type FromPretrainedOptions,
  fromPretrained,
  type PretrainedModel,
  type PretrainedNetwork,
} from './fromPretrained.js';
export { httpFiles } from './httpFiles.js';
export { indexedDbFiles } from './indexedDbFiles.js';
export type { ModelConfigs, ModelFactory } from './ModelCodec.js';
export type {
  ModelBand,
  ModelClass,
  ModelCondition,
  ModelDescription,
  ModelDiffusion,
  ModelModality,
} from './ModelDescription.js';
export { type SavePretrainedOptions, savePretrained } from './savePretrained.js';
