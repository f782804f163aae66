export type { AugmentationStep } from '../../augmentation/compose.js';
export type { NodataValues } from '../../normalization/nodataValues.js';
export type { NormalizationOptions } from '../../normalization/normalizeRaster.js';
export type { ChipList, ChipRow, ChipRows } from '../ChipList.js';
export type { BandSelection } from '../findBands.js';
export type { GeoTiff, GeoTiffInfo, PixelWindow, RasterPart } from '../geoTiffTypes.js';
export type { RasterFormat } from '../images/imageTypes.js';
export type { CatalogRow, CatalogUsage, ParseCatalogOptions } from '../parseCatalog.js';
export type { RemoteOptions } from '../RemoteSource.js';
export type { CatalogRepeat } from '../RepeatedChips.js';
export type { WindowOptions } from '../sceneWindows.js';
export type { ChipBatch } from './ChipBatch.js';
export type { ChipLoader } from './ChipLoader.js';
export type { BadChip } from './chipTasks.js';
export {
  type ComputedStatistics,
  type ComputeGlobalStatisticsOptions,
  computeGlobalStatistics,
} from './computeGlobalStatistics.js';
export { type ChipLoaderOptions, createChipLoader } from './createChipLoader.js';
export { type CatalogChips, openCatalog } from './openCatalog.js';
export { type OpenRaster, type OpenRasterOptions, openRaster } from './openRaster.js';
export { readCatalog } from './readCatalog.js';
export { type ChipHeader, type ChipHeaderOptions, readChipHeader } from './readChipHeader.js';
export { streamCatalog } from './streamCatalog.js';
