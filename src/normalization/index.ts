export type { Raster } from '../internal/raster.js';
export {
  type GlobalStatistics,
  type NormalizationOptions,
  type NormalizationStrategy,
  normalizeRaster,
  type StatisticsProcedure,
} from './normalizeRaster.js';
