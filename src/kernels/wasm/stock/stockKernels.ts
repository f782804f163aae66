import { convolutionFilterGradient, convolutionInputGradient } from './convolutionGradients.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwiseGradients.js';
import { averagePoolGradient, maxPoolGradient } from './poolGradients.js';
import type { StockKernel } from './StockKernel.js';
import { segmentSum } from './segmentSum.js';

/** Every kernel of this folder. */
export const stockKernels: readonly StockKernel[] = [
  ...[convolutionInputGradient, convolutionFilterGradient],
  ...[depthwiseInputGradient, depthwiseFilterGradient],
  ...[maxPoolGradient, averagePoolGradient],
  segmentSum,
];
