export { l1 } from './l1.js';
export { mse } from './mse.js';
export type { LossOptions, ScalarLossOptions } from './reduceLoss.js';
