export type { StoredValues } from '../ops/VariablePacks.js';
export { AdaBelief, type AdaBeliefOptions } from './AdaBelief.js';
export { Adadelta, type AdadeltaOptions } from './Adadelta.js';
export { Adagrad, type AdagradOptions } from './Adagrad.js';
export { Adam, type AdamOptions } from './Adam.js';
export { Adamax, type AdamaxOptions } from './Adamax.js';
export { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
export { AdamW, type AdamWOptions } from './AdamW.js';
export { type ClippedGradients, clipByGlobalNorm } from './clipByGlobalNorm.js';
export { clipEachByNorm } from './clipEachByNorm.js';
export { GroupedOptimizer, type ParameterGroup } from './GroupedOptimizer.js';
export { NAdam, type NAdamOptions } from './NAdam.js';
export {
  type NamedVariable,
  type OptimizerState,
  PackedOptimizer,
  type PackedUpdate,
  type StoredOptimizerState,
} from './PackedOptimizer.js';
export { RAdam, type RAdamOptions } from './RAdam.js';
export { RMSprop, type RMSpropOptions } from './RMSprop.js';
export { SAM, type SAMOptions } from './SAM.js';
export { SGD, type SGDOptions } from './SGD.js';
