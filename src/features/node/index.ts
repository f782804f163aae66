export type { FeatureStore } from '../FeatureCache.js';
export { featureFolder } from './featureFolder.js';
