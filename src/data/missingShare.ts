import type { NodataValues } from '../normalization/nodataValues.js';
import { validMask } from '../normalization/validMask.js';
import { type ChipImage, nodataOf, rasterOf } from './chipRasters.js';

/**
 * Share of a chip's pixels of which any band of any raster is missing.
 *
 * @param images Rasters of one size.
 * @param nodata Values that mark missing pixels beside each file's own, as those of a chip.
 */
export function missingShare(images: readonly ChipImage[], nodata: NodataValues = []): number {
  const [{ width, height }] = images.map(({ image }) => image);
  let missing: Uint8Array | undefined;
  let count = 0;
  for (const { image, places } of images) {
    const { bands, valid, dtype } = image;
    const given = nodataOf(nodata, places);
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
