export { attachHead, type MakeHead } from './attachHead.js';
export {
  FineTuning,
  type FineTuningOptions,
  type FineTuningStepOptions,
  type LabelledBatch,
} from './FineTuning.js';
