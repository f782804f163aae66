export { constant } from './constant.js';
export { type CosineAnnealingOptions, cosineAnnealing } from './cosineAnnealing.js';
export {
  type CosineAnnealingWarmRestartsOptions,
  cosineAnnealingWarmRestarts,
} from './cosineAnnealingWarmRestarts.js';
export { type LinearWarmupOptions, linearWarmup } from './linearWarmup.js';
export { type MultiStepLrOptions, multiStepLr } from './multiStepLr.js';
export { type OneCycleOptions, oneCycle } from './oneCycle.js';
export { type PolynomialOptions, polynomial } from './polynomial.js';
export { type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from './reduceLrOnPlateau.js';
export { type StepLrOptions, stepLr } from './stepLr.js';
export type { LrScheduler, LrState } from './types.js';
