import { batchNormApply, batchNormStatistics } from './batchNorm.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv2d.js';
import {
  conv2dTranspose,
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
} from './conv2dTranspose.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** Every kernel of this folder. */
export const trainingKernels: readonly TrainingKernel[] = [
  batchNormApply,
  batchNormStatistics,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  conv2dTranspose,
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
];
