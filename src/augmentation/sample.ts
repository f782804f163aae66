import type { Raster } from '../internal/raster.js';

/** A chip and what belongs to it pixel by pixel: geometric changes apply to all, changes of value to the image. */
export interface AugmentationSample {
  image: Raster;
  /** Classes, one channel. */
  label?: Raster;
  /** Valid pixels, one channel of 0 and 1. */
  mask?: Raster;
}

/** Applies one function to the image and another to label and mask, where present. */
export function mapSample(
  sample: AugmentationSample,
  image: (raster: Raster) => Raster,
  label: (raster: Raster) => Raster,
): AugmentationSample {
  return {
    ...sample,
    image: image(sample.image),
    ...(sample.label && { label: label(sample.label) }),
    ...(sample.mask && { mask: label(sample.mask) }),
  };
}
