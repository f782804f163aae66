export { AreaUnderRoc, type AreaUnderRocOptions } from './AreaUnderRoc.js';
export { BinaryMetrics, type BinaryMetricsOptions } from './BinaryMetrics.js';
export { type BandDistance, type BandDistancesOptions, bandDistances } from './bandDistances.js';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './bootstrapInterval.js';
export { CalibrationError, type CalibrationErrorOptions, type ReliabilityBin } from './CalibrationError.js';
export { ClassScores } from './ClassScores.js';
export { type AbsentClasses, ConfusionMatrix, type ConfusionMatrixOptions } from './ConfusionMatrix.js';
export type { ClassNames } from './classNamesOf.js';
export { confusionMatrixCsv } from './confusionMatrixCsv.js';
export { confusionMatrixSvg } from './confusionMatrixSvg.js';
export { DamageScores } from './DamageScores.js';
export { type FeatureMoments, featureMoments } from './featureMoments.js';
export { frechetDistance } from './frechetDistance.js';
export { type KernelDistanceOptions, kernelDistance } from './kernelDistance.js';
export type { RankScore } from './LabelRanks.js';
export {
  type LabelAverage,
  type LabelScore,
  MultiLabelMetrics,
  type MultiLabelMetricsOptions,
} from './MultiLabelMetrics.js';
export { type MajorityByRegionOptions, majorityByRegion } from './majorityByRegion.js';
export { type PairedInterval, type PairedIntervalOptions, pairedInterval } from './pairedInterval.js';
export { type PowerSpectrum, powerSpectrum } from './powerSpectrum.js';
export {
  type PrecisionAndRecall,
  type PrecisionAndRecallOptions,
  precisionAndRecall,
} from './precisionAndRecall.js';
export type { RankedScoresOptions } from './RankedScores.js';
