import { checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { roundHalfToEven } from './roundHalfToEven.js';
import { type AugmentationSample, checkLabelFill, type MovingOptions, mapSample } from './sample.js';
import { bilinear, nearest, warp } from './warp.js';

/** Options of {@link rotate}. */
export interface RotateOptions extends MovingOptions {
  /** `'tutorial'`: labels and masks are interpolated bilinearly and rounded, which invents classes at borders. */
  compat?: 'tutorial';
}

/**
 * Turns a sample counter-clockwise around the pixel (width // 2, height // 2), size kept, zeros from outside; in the
 * label `labelFill`. The image is interpolated bilinearly, label and mask take the nearest pixel.
 *
 * Follows `center_rotate` of the ClarkCGA eofm-tutorial (OpenCV's `getRotationMatrix2D` and `warpAffine`) with exact
 * positions, where OpenCV rounds them to 1/32 pixel. With even sizes a turn by 180° so moves the image by one pixel.
 *
 * @param degrees Angle, counter-clockwise.
 * @returns A new sample of the same shape; the given one is not changed.
 * @throws If `degrees` or `labelFill` is not finite.
 * @example
 * import { rotate } from 'diffusion-ssl/augmentation';
 * const image = { height: 3, width: 3, channels: 1, data: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]) };
 * console.log(rotate({ image }, 90).image.data); // 3, 6, 9, 2, 5, 8, 1, 4, 7
 */
export function rotate(
  sample: AugmentationSample,
  degrees: number,
  { compat, labelFill }: RotateOptions = {},
): AugmentationSample {
  checkNumber('rotate: degrees', degrees);
  checkLabelFill('rotate', labelFill);
  const { height, width } = sample.image;
  const turn = { degrees, centreX: Math.floor(width / 2), centreY: Math.floor(height / 2) };
  const rounded = (raster: Raster, fill?: number): Raster => {
    const turned = warp(raster, turn, bilinear);
    const data = turned.data.map(roundHalfToEven);
    if (fill === undefined) return { ...turned, data };
    // The fill is no class to be mixed with others: where it, or the outside, has a share, it is all.
    const isClass = { ...raster, data: raster.data.map((value) => Number(value !== fill)) };
    const share = warp(isClass, turn, bilinear).data;
    return { ...turned, data: data.map((value, i) => (share[i] < 1 - 1e-6 ? fill : value)) };
  };
  return mapSample(
    sample,
    (raster) => warp(raster, turn, bilinear),
    compat === 'tutorial' ? rounded : (raster, fill) => warp(raster, turn, nearest, fill),
    labelFill,
  );
}
