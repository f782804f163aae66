export type { ActivationPlan, FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
export { estimateFeatureMemory, type FeatureMemory } from './estimateFeatureMemory.js';
export { extractFeatures } from './extractFeatures.js';
export type { FeatureCache, FeatureStore } from './FeatureCache.js';
export type { FeatureLayers, FeatureMap, FeatureOptions, InversionOptions } from './FeatureOptions.js';
export { type PixelNoiseOptions, pixelNoise } from './pixelNoise.js';
export { stackFeatures } from './stackFeatures.js';
export { weightsFingerprint } from './weightsFingerprint.js';
