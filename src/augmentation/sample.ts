import { argumentError, checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';

/** A chip and what belongs to it pixel by pixel: geometric changes apply to all, changes of value to the image. */
export interface AugmentationSample {
  image: Raster;
  /** Classes, one channel; where the image does not reach, what `labelFill` says, 0 by default. */
  label?: Raster;
  /** Valid pixels, one channel of 0 and 1: changes of value leave pixels with 0 as they are. */
  mask?: Raster;
}

/** Options of changes that move pixels. */
export interface MovingOptions {
  /**
   * What pixels of the label become that the image does not reach, such as a value that the loss ignores. Default 0,
   * be that a class or not. Those of the mask become 0, missing.
   */
  labelFill?: number;
}

/** Throws unless a label can hold the value. */
export function checkLabelFill(functionName: string, labelFill?: number): void {
  if (labelFill === undefined) return;
  checkNumber(`${functionName}: labelFill`, labelFill);
  if (Math.fround(labelFill) !== labelFill)
    throw argumentError(
      `${functionName}: labelFill`,
      labelFill,
      'a number that a float32 holds, as labels do',
    );
}

/**
 * Applies one function to the image and another to label and mask, where present.
 *
 * @param label Is told what pixels of the label from outside become, if not 0.
 */
export function mapSample(
  sample: AugmentationSample,
  image: (raster: Raster) => Raster,
  label: (raster: Raster, fill?: number) => Raster,
  labelFill?: number,
): AugmentationSample {
  return {
    ...sample,
    image: image(sample.image),
    ...(sample.label && { label: label(sample.label, labelFill) }),
    ...(sample.mask && { mask: label(sample.mask) }),
  };
}

/** A new sample whose image has the values that `change` gives, those of pixels outside the mask excepted. */
export function mapValues(
  sample: AugmentationSample,
  change: (value: number, index: number) => number,
): AugmentationSample {
  const { height, width, channels, data } = sample.image;
  const mask = sample.mask?.data;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    out[i] = mask && mask[Math.floor(i / channels)] === 0 ? data[i] : change(data[i], i);
  }
  return { ...sample, image: { height, width, channels, data: out } };
}

/** Bounds [lowest, highest] of changed values; null: none, for values that do not lie in [0, 1] such as z-scores. */
export type ValueLimits = readonly [number, number] | null;

/** Throws unless the limits are null or two numbers in order. */
export function checkLimits(functionName: string, limits: ValueLimits): void {
  if (
    limits !== null &&
    !(limits.length === 2 && limits.every((end) => typeof end === 'number') && limits[0] <= limits[1])
  ) {
    throw argumentError(`${functionName}: limits`, limits, 'null or two numbers, the smaller one first');
  }
}

/** A value within the limits. */
export function limit(value: number, limits: ValueLimits): number {
  return limits === null ? value : Math.min(Math.max(value, limits[0]), limits[1]);
}
