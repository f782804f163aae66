export { AreaUnderRoc, type AreaUnderRocOptions } from './AreaUnderRoc.js';
export { BinaryMetrics, type BinaryMetricsOptions } from './BinaryMetrics.js';
export { type AbsentClasses, ConfusionMatrix, type ConfusionMatrixOptions } from './ConfusionMatrix.js';
