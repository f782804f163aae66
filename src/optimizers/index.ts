export { AdamW, type AdamWOptions } from './AdamW.js';
export { type ClippedGradients, clipByGlobalNorm } from './clipByGlobalNorm.js';
export { type NamedVariable, type OptimizerState, PackedOptimizer } from './PackedOptimizer.js';
