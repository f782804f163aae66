import { scalingOf } from './bandScalings.js';
import type { NormalizedRaster } from './normalizeRaster.js';

/** A raster of integers that a table of all values between the least and the greatest can hold. */
export interface IntegerRaster {
  height: number;
  width: number;
  channels: number;
  data: Uint8Array | Int8Array | Uint16Array | Int16Array;
}

/**
 * What `normalizeRaster` does by default, min_max over all bands, with integers of 8 or 16 bits none of which is missing:
 * each value is looked up, in a third of the time and with the same result.
 *
 * @param missing Values that mark missing pixels.
 * @returns undefined when there is such a pixel.
 */
export function scaleIntegers(
  { height, width, channels, data }: IntegerRaster,
  missing: readonly number[],
): NormalizedRaster | undefined {
  let min = data[0];
  let max = data[0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  if (missing.some((value) => value >= min && value <= max && data.includes(value))) return undefined;
  const { offset, scale } = scalingOf('min_max', { min, max, mean: 0, std: 0 });
  const scaled = new Float32Array(max - min + 1);
  for (let i = 0; i < scaled.length; i++) scaled[i] = i / scale;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = scaled[data[i] - min];
  const parameters = { offset: new Array(channels).fill(offset), scale: new Array(channels).fill(scale) };
  return { height, width, channels, data: out, parameters };
}
