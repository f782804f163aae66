export type { PredictionType } from '../diffusion/predictionType.js';
export type { ModelFiles } from '../interop/ModelFiles.js';
export {
  type ClipTokenizer,
  type ClipTokenizerOptions,
  type ClipVocabulary,
  clipTokenizer,
  type PaddedTokens,
} from './clipTokenizer.js';
export type { Sampler } from './readScheduler.js';
export { type GenerateOptions, TextToImagePipeline } from './TextToImagePipeline.js';
export { textToImage } from './textToImage.js';
