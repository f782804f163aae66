export type { RandomKey } from '../internal/philox.js';
export type { Raster } from '../internal/raster.js';
export { type AdjustContrastOptions, adjustContrast } from './adjustContrast.js';
export { type AdjustGammaOptions, adjustGamma, type GammaPatch } from './adjustGamma.js';
export { type Augment, type ComposeOptions, compose } from './compose.js';
export { FLIP_DIRECTIONS, type FlipDirection, flip } from './flip.js';
export { type JitterOptions, jitter } from './jitter.js';
export { type RescaleOptions, rescale } from './rescale.js';
export { type RotateOptions, rotate } from './rotate.js';
export type { AugmentationSample, MovingOptions, ValueLimits } from './sample.js';
export { type ShiftOptions, shift } from './shift.js';
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
  ShiftStep,
} from './steps.js';
export { type TutorialAugmentation, type TutorialStepsOptions, tutorialSteps } from './tutorialSteps.js';
