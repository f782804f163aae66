import { checkNumber } from '../internal/checks.js';
import { type AugmentationSample, checkLimits, limit, mapValues, type ValueLimits } from './sample.js';

/** Options of {@link adjustContrast}. */
export interface AdjustContrastOptions {
  /** Bounds of the result; default [0, 1]. */
  limits?: ValueLimits;
}

/**
 * Multiplies every value of the image by a factor. Label and mask stay.
 *
 * Follows `br_contrast` of the ClarkCGA eofm-tutorial; torchvision's function of this name keeps the mean instead.
 *
 * @param factor Such as 0.9 to 1.2.
 * @returns A new sample; the given one is not changed.
 * @throws If `factor` is negative or not finite.
 * @example
 * import { adjustContrast } from 'diffusion-ssl/augmentation';
 * const image = { height: 1, width: 2, channels: 1, data: new Float32Array([0.25, 0.875]) };
 * console.log(adjustContrast({ image }, 2).image.data); // 0.5, 1
 */
export function adjustContrast(
  sample: AugmentationSample,
  factor: number,
  { limits = [0, 1] }: AdjustContrastOptions = {},
): AugmentationSample {
  checkNumber('adjustContrast: factor', factor, 0);
  checkLimits('adjustContrast', limits);
  return mapValues(sample, (value) => limit(value * factor, limits));
}
