import { convolution, fusedConvolution } from './convolution.js';
import { convolutionFilterGradient, convolutionInputGradient } from './convolutionGradients.js';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwiseGradients.js';
import { einsum } from './einsum.js';
import { averagePoolGradient, maxPoolGradient } from './poolGradients.js';
import type { StockKernel } from './StockKernel.js';
import { segmentSum } from './segmentSum.js';
import { mean, sum } from './sums.js';
import { tile } from './tile.js';

/** Every kernel of this folder. */
export const stockKernels: readonly StockKernel[] = [
  ...[convolution, fusedConvolution, convolutionInputGradient, convolutionFilterGradient],
  ...[depthwiseInputGradient, depthwiseFilterGradient],
  ...[maxPoolGradient, averagePoolGradient],
  ...[segmentSum, einsum],
  ...[sum, mean, tile],
];
