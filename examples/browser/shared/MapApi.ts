import type {
  FeatureProgress,
  FeatureSettings,
  Labels,
  MapModelInfo,
  MapPart,
  MapPlan,
  ModelChoice,
  PaintedMap,
  ReadLabels,
  SavedFiles,
  SceneChoice,
  SceneInfo,
  ScenePicture,
} from './mapTypes.js';

/** What the page's second room can ask of the worker. */
export interface MapApi {
  /** Reads a scene; the one before stays until it is read. What will be read is told before (`scene`). */
  openScene(choice: SceneChoice): Promise<SceneInfo>;
  /** The scene in bands of one's choice: three as red, green and blue, or one as grey. */
  scenePicture(bands: number[]): Promise<ScenePicture>;
  /** Opens a network; the one before stays until it is open, and has the scene's bands. */
  openNetwork(choice: ModelChoice): Promise<MapModelInfo>;
  /** What taking the features of the scene will take. */
  planFeatures(settings: FeatureSettings): Promise<MapPlan>;
  /** Takes the features that were planned, or until `stopFeatures`; false where it was stopped. */
  takeFeatures(): Promise<boolean>;
  stopFeatures(): Promise<void>;
  /** Fits a head to points of at least two classes, and maps the scene. */
  paint(labels: Labels): Promise<PaintedMap>;
  saveMap(labels: Labels, part: MapPart): Promise<SavedFiles>;
  /** The head with all that it takes to use it elsewhere. */
  saveHead(labels: Labels): Promise<SavedFiles>;
  savePoints(labels: Labels): Promise<SavedFiles>;
  /** Points of a GeoJSON file, on the scene at hand. */
  readPoints(file: File): Promise<ReadLabels>;
}

/** What the second room is told unasked. */
export interface MapEvents {
  /** A scene that is about to be read. */
  scene: SceneInfo;
  features: FeatureProgress;
}
