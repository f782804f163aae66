import { checkInteger } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { type AugmentationSample, checkLabelFill, type MovingOptions, mapSample } from './sample.js';

/** Options of {@link shift}. */
export interface ShiftOptions extends MovingOptions {}

/**
 * Moves a sample by whole pixels, size kept, zeros from outside; in the label `labelFill`.
 *
 * Follows the README of the ClarkCGA eofm-tutorial on `patch_shift`, which its code takes for something else.
 *
 * @param offset Pixels [down, right]; negative ones go up and left.
 * @returns A new sample of the same shape; the given one is not changed.
 * @throws If `offset` is not two integers, or `labelFill` is not finite.
 * @example
 * import { shift } from 'diffusion-ssl/augmentation';
 * const image = { height: 2, width: 2, channels: 1, data: new Float32Array([1, 2, 3, 4]) };
 * console.log(shift({ image }, [0, 1]).image.data); // 0, 1, 0, 3
 */
export function shift(
  sample: AugmentationSample,
  offset: readonly [down: number, right: number],
  { labelFill }: ShiftOptions = {},
): AugmentationSample {
  const [down, right] = offset;
  for (const pixels of [down, right]) checkInteger('shift: offset', pixels, Number.MIN_SAFE_INTEGER);
  checkLabelFill('shift', labelFill);
  const move = (raster: Raster, fill?: number) => moved(raster, down, right, fill);
  return mapSample(sample, move, move, labelFill);
}

function moved({ height, width, channels, data }: Raster, down: number, right: number, fill = 0): Raster {
  const out = new Float32Array(data.length).fill(fill);
  const length = (width - Math.abs(right)) * channels;
  for (let y = Math.max(0, down); length > 0 && y < Math.min(height, height + down); y++) {
    const from = ((y - down) * width + Math.max(0, -right)) * channels;
    out.set(data.subarray(from, from + length), (y * width + Math.max(0, right)) * channels);
  }
  return { height, width, channels, data: out };
}
