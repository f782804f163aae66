import { fileKind } from './fileKind.js';

/**
 * What a file is that was to be a TIFF, and what to do, such as
 * `'it is a JPEG 2000 image; convert it: gdal_translate in.jp2 out.tif'`.
 *
 * @param head The file's first bytes: a kilobyte is enough, fewer tell less.
 * @returns Undefined for a TIFF, for no bytes, and for what is not known.
 */
export function foreignRaster(head: Uint8Array): string | undefined {
  const kind = fileKind(head);
  if (!kind) return undefined;
  const { what, family, suffix, remedy } = kind;
  const advice = {
    raster: `convert it: gdal_translate in.${suffix} out.tif`,
    datasets: `'gdalinfo in.${suffix}' names its datasets; convert one: gdal_translate NAME out.tif`,
    weights: 'weights are no chip; give a GeoTIFF in its place',
    other: 'give a GeoTIFF in its place',
  }[family];
  return `it is ${what}; ${remedy ?? advice}`;
}
