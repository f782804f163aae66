export type { ModelFiles, WritableModelFiles } from '../interop/ModelFiles.js';
export { addLora } from './addLora.js';
export { Lora } from './Lora.js';
export type { LoraConfig, ResolvedLoraConfig } from './LoraConfig.js';
export { type LoadLoraOptions, type LoraModels, loadLora } from './loadLora.js';
export type { LoraPart } from './loraNames.js';
export { type SaveLoraOptions, saveLora } from './saveLora.js';
