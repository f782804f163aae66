export type { MapSink } from '../SceneWindow.js';
export { mapFile } from './mapFile.js';
