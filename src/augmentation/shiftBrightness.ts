import { checkNumber } from '../internal/checks.js';
import { type AugmentationSample, checkLimits, limit, mapValues, type ValueLimits } from './sample.js';

/** Options of {@link shiftBrightness}. */
export interface ShiftBrightnessOptions {
  /** Bounds of the result; default [0, 1]. */
  limits?: ValueLimits;
  /** `'tutorial'`: multiplies by the amount, which makes the image almost black. */
  compat?: 'tutorial';
}

/**
 * Adds an amount to every value of the image. Label and mask stay.
 *
 * Follows the documentation of `br_additive` in the ClarkCGA eofm-tutorial, whose code multiplies.
 *
 * @param amount Such as -0.02 to 0.02 for an image in [0, 1].
 * @returns A new sample; the given one is not changed.
 * @throws If `amount` is not finite.
 * @example
 * import { shiftBrightness } from 'diffusion-ssl/augmentation';
 * const image = { height: 1, width: 2, channels: 1, data: new Float32Array([0.25, 0.875]) };
 * console.log(shiftBrightness({ image }, 0.25).image.data); // 0.5, 1
 */
export function shiftBrightness(
  sample: AugmentationSample,
  amount: number,
  { limits = [0, 1], compat }: ShiftBrightnessOptions = {},
): AugmentationSample {
  checkNumber('shiftBrightness: amount', amount);
  checkLimits('shiftBrightness', limits);
  return mapValues(sample, (value) => limit(compat === 'tutorial' ? value * amount : value + amount, limits));
}
