export type { RandomKey } from '../internal/philox.js';
export type { Raster } from '../internal/raster.js';
export { type AdjustContrastOptions, adjustContrast } from './adjustContrast.js';
export { type AdjustGammaOptions, adjustGamma, type GammaPatch } from './adjustGamma.js';
export { type Augment, compose } from './compose.js';
export { FLIP_DIRECTIONS, type FlipDirection, flip } from './flip.js';
export { type JitterOptions, jitter } from './jitter.js';
export { type RescaleOptions, rescale } from './rescale.js';
export { type RotateOptions, rotate } from './rotate.js';
export type { AugmentationSample, ValueLimits } from './sample.js';
export { type ShiftBrightnessOptions, shiftBrightness } from './shiftBrightness.js';
export type {
  AugmentationStep,
  BrightnessStep,
  ContrastStep,
  FlipStep,
  GammaStep,
  JitterStep,
  RescaleStep,
  RotateStep,
} from './steps.js';
export { type TutorialAugmentation, type TutorialStepsOptions, tutorialSteps } from './tutorialSteps.js';
