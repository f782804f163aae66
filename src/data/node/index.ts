export type { AugmentationStep } from '../../augmentation/compose.js';
export type { NormalizationOptions } from '../../normalization/normalizeRaster.js';
export type { CatalogRow } from '../parseCatalog.js';
export type { ChipBatch, ChipLoader, ChipRow } from './ChipLoader.js';
export type { BadChip } from './chipTasks.js';
export { type ChipLoaderOptions, createChipLoader } from './createChipLoader.js';
export { readCatalog } from './readCatalog.js';
