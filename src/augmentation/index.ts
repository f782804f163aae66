export type { RandomKey } from '../internal/philox.js';
export type { Raster } from '../internal/raster.js';
export {
  type Augment,
  type AugmentationStep,
  compose,
  type FlipStep,
  type RotateStep,
} from './compose.js';
export { FLIP_DIRECTIONS, type FlipDirection, flip } from './flip.js';
export { type RotateOptions, rotate } from './rotate.js';
export type { AugmentationSample } from './sample.js';
