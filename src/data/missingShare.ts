import type { NodataValues } from '../normalization/nodataValues.js';
import { validMask } from '../normalization/validMask.js';
import { nodataOf, rasterOf } from './chipRasters.js';
import type { GeoTiff } from './geoTiffTypes.js';

/**
 * Share of a chip's pixels of which any band of any raster is missing.
 *
 * @param images Rasters of one size.
 * @param nodata Values that mark missing pixels beside each file's own, as those of a chip.
 */
export function missingShare(images: readonly GeoTiff[], nodata: NodataValues = []): number {
  const [{ width, height }] = images;
  let missing: Uint8Array | undefined;
  let count = 0;
  let firstBand = 0;
  for (const image of images) {
    const { bands, valid, dtype } = image;
    const given = nodataOf(image, nodata, firstBand);
    firstBand += bands;
    // Most scenes: nothing marks a value as missing.
    if (!valid && !dtype.startsWith('float') && given.flat().length === 0) continue;
    missing ??= new Uint8Array(width * height);
    const present = validMask(rasterOf(image).data, bands, given);
    for (let i = 0; i < present.length; i++) {
      const pixel = Math.floor(i / bands);
      if (present[i] === 1 || missing[pixel] === 1) continue;
      missing[pixel] = 1;
      count++;
    }
  }
  return count / (width * height);
}
