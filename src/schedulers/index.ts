export { constant } from './constant.js';
export { type CosineAnnealingOptions, cosineAnnealing } from './cosineAnnealing.js';
export { type LinearWarmupOptions, linearWarmup } from './linearWarmup.js';
export type { LrScheduler, LrState } from './types.js';
