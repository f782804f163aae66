export type { Raster } from '../internal/raster.js';
export type {
  BandStatistics,
  NormalizationParameters,
  NormalizationStrategy,
  StatisticsProcedure,
} from './bandStatisticsTypes.js';
export { denormalizeRaster } from './denormalizeRaster.js';
export { diffusionSatFields } from './diffusionSatFields.js';
export { encodeMetadata, type MetadataField } from './encodeMetadata.js';
export {
  type AddRasterOptions,
  GlobalStatistics,
  type GlobalStatisticsOptions,
  type GlobalStatisticsState,
} from './GlobalStatistics.js';
export type { JointMoments } from './JointMoments.js';
export type { RasterMoments } from './JointStatistics.js';
export type { NodataValues } from './nodataValues.js';
export { type NormalizationOptions, type NormalizedRaster, normalizeRaster } from './normalizeRaster.js';
export {
  type LocalStatistics,
  type StatisticsSummary,
  type TypicalParametersOptions,
  type TypicalStatistics,
  typicalParameters,
} from './typicalParameters.js';
