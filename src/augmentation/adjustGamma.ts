import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { type AugmentationSample, mapValues } from './sample.js';
import { bilinear, type Turn, warp } from './warp.js';

/** A part of the image: what it covers after it is turned and enlarged around a pixel. */
export interface GammaPatch extends Turn {
  /** Exponent of the whole band group, inside and outside the patch, after the patch's own; default 1. */
  wholeGamma?: number;
}

/** Options of {@link adjustGamma}. */
export interface AdjustGammaOptions {
  /** First band of the group that is changed; default 0. */
  firstBand?: number;
  /** Number of bands of the group; default: all from the first on. */
  bandCount?: number;
  /** What becomes of negative values, such as z-scores: 0 (default), or minus the power of their size. */
  negative?: 'zero' | 'mirror';
  /** Apply `gamma` to a part of the image only. */
  patch?: GammaPatch;
}

/**
 * Raises the values of a group of bands to a power. Negative values become 0; other bands, label and mask stay.
 *
 * Follows `shift_brightness` of the ClarkCGA eofm-tutorial. With `patch`, the group's bands are turned and enlarged,
 * with zeros from outside: where the result is not zero, `gamma` is applied to the value that stands there before.
 *
 * @param gamma Exponent, such as 0.2 to 2: below 1 brightens an image in [0, 1], above 1 darkens it.
 * @returns A new sample; the given one is not changed.
 * @throws If an exponent or the scale is not above 0, or the group does not lie within the image's bands.
 * @example
 * import { adjustGamma } from 'diffusion-ssl/augmentation';
 * const image = { height: 1, width: 2, channels: 2, data: new Float32Array([0.25, 0.25, 0.5, 0.5]) };
 * console.log(adjustGamma({ image }, 2, { bandCount: 1 }).image.data); // 0.0625, 0.25, 0.25, 0.5
 */
export function adjustGamma(
  sample: AugmentationSample,
  gamma: number,
  { firstBand = 0, bandCount, negative = 'zero', patch }: AdjustGammaOptions = {},
): AugmentationSample {
  const { channels } = sample.image;
  checkNumber('adjustGamma: gamma', gamma, Number.MIN_VALUE);
  checkOneOf('adjustGamma: negative', negative, ['zero', 'mirror']);
  checkInteger('adjustGamma: firstBand', firstBand, 0, channels - 1);
  const count = bandCount ?? channels - firstBand;
  checkInteger('adjustGamma: bandCount', count, 1, channels - firstBand);
  const { wholeGamma = 1, ...turn } = patch ?? { degrees: 0, centreX: 0, centreY: 0 };
  checkNumber('adjustGamma: patch.wholeGamma', wholeGamma, Number.MIN_VALUE);
  checkNumber('adjustGamma: patch.scale', turn.scale ?? 1, Number.MIN_VALUE);
  for (const key of ['degrees', 'centreX', 'centreY'] as const) {
    checkNumber(`adjustGamma: patch.${key}`, turn[key]);
  }
  const inPatch = patch && warp(sample.image, turn, bilinear).data;
  return mapValues(sample, (value, i) => {
    const band = i % channels;
    if (band < firstBand || band >= firstBand + count) return value;
    const size = Math.abs(value);
    if (size !== value && negative === 'zero') return 0;
    const exponent = inPatch === undefined || inPatch[i] !== 0 ? gamma * wholeGamma : wholeGamma;
    return size === value ? size ** exponent : -(size ** exponent);
  });
}
