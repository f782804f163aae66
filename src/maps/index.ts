export { combineMembers } from './combineMembers.js';
export { type HeadPredictorOptions, headPredictor } from './headPredictor.js';
export type { MapOutputSinks } from './MapOutputs.js';
export { MemorySink } from './MemorySink.js';
export { type MapSceneOptions, mapScene, type SceneMap } from './mapScene.js';
export { type NetworkPredictorOptions, networkPredictor } from './networkPredictor.js';
export type {
  MapSink,
  PredictWindow,
  SceneSource,
  SceneWindow,
  WindowPrediction,
} from './SceneWindow.js';
