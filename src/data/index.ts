export type { Raster } from '../internal/raster.js';
export { ChipList, type ChipRow, type ChipRows } from './ChipList.js';
export { type ChipFile, type ChipOptions, decodeChip } from './decodeChip.js';
export { type DecodeGeoTiffOptions, decodeGeoTiff } from './decodeGeoTiff.js';
export { decodeRaster } from './decodeRaster.js';
export { encodeGeoTiff, type GeoTiffInput } from './encodeGeoTiff.js';
export { type BandSelection, findBands, type RasterBands } from './findBands.js';
export type {
  AffineTransform,
  CrsKind,
  GeoTiff,
  GeoTiffInfo,
  PixelArray,
  PixelType,
  PixelWindow,
  RasterPart,
  Rgb,
} from './geoTiffTypes.js';
export type { RasterFormat } from './images/imageTypes.js';
export type { LabelNames, LabelShape, LabelShapes } from './LabelShape.js';
export { type ColumnLabelOptions, type ColumnLabels, labelsOfColumn } from './labelsOfColumn.js';
export { labelsOfRaster, type RasterLabelOptions } from './labelsOfRaster.js';
export { type BlobRaster, type OpenRasterBlobOptions, openRasterBlob } from './openRasterBlob.js';
export { openRemoteGeoTiff, type RemoteGeoTiff } from './openRemoteGeoTiff.js';
export {
  type CatalogRow,
  type CatalogUsage,
  type ParseCatalogOptions,
  parseCatalog,
} from './parseCatalog.js';
export { type CsvLabelOptions, parseCsvLabels } from './parseCsvLabels.js';
export { type GeoJsonLabelOptions, parseGeoJsonLabels } from './parseGeoJsonLabels.js';
export type { RemoteOptions } from './RemoteSource.js';
export {
  type LabelGrid,
  type LabelRaster,
  type ProjectPoint,
  type RasterizeOptions,
  rasterizeLabels,
} from './rasterizeLabels.js';
