export type { GeoTiff, GeoTiffInfo, PixelWindow } from '../data/geoTiffTypes.js';
export type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
export type { FeatureOptions } from '../features/FeatureOptions.js';
export type { Head } from '../heads/Head.js';
export type { Raster } from '../internal/raster.js';
export type { NormalizationOptions } from '../normalization/normalizeRaster.js';
export { type AttentionPredictorOptions, attentionPredictor } from './attentionPredictor.js';
export { combineMembers } from './combineMembers.js';
export { type HeadPredictorOptions, headPredictor } from './headPredictor.js';
export type { MapOutputSinks } from './MapOutputs.js';
export { MemorySink } from './MemorySink.js';
export { type MapSceneOptions, mapScene, type SceneMap } from './mapScene.js';
export { type NetworkPredictorOptions, networkPredictor } from './networkPredictor.js';
export { predictFeatures } from './predictFeatures.js';
export type {
  MapSink,
  PredictWindow,
  SceneSource,
  SceneWindow,
  WindowPrediction,
} from './SceneWindow.js';
export { type WindowFeatureOptions, windowFeatures } from './windowFeatures.js';
