import { checkOneOf } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { type AugmentationSample, mapSample } from './sample.js';

/** `'horizontal'` exchanges left and right, `'vertical'` top and bottom, `'both'` turns by 180°. */
export type FlipDirection = 'horizontal' | 'vertical' | 'both';

/** The directions that {@link flip} accepts. */
export const FLIP_DIRECTIONS: readonly FlipDirection[] = ['horizontal', 'vertical', 'both'];

/**
 * Mirrors a sample. The names are torchvision's; the eofm-tutorial's `hflip` is `'vertical'` here.
 *
 * @returns A new sample of the same shape; the given one is not changed.
 * @throws If `direction` is none of the three.
 * @example
 * import { flip } from 'diffusion-ssl/augmentation';
 * const image = { height: 1, width: 2, channels: 1, data: new Float32Array([1, 2]) };
 * console.log(flip({ image }, 'horizontal').image.data); // 2, 1
 */
export function flip(sample: AugmentationSample, direction: FlipDirection): AugmentationSample {
  checkOneOf('flip: direction', direction, FLIP_DIRECTIONS);
  const columns = direction !== 'vertical';
  const rows = direction !== 'horizontal';
  const mirror = (raster: Raster) => mirrored(raster, rows, columns);
  return mapSample(sample, mirror, mirror);
}

function mirrored(raster: Raster, rows: boolean, columns: boolean): Raster {
  const { height, width, channels, data } = raster;
  const out = new Float32Array(data.length);
  const length = width * channels;
  for (let y = 0; y < height; y++) {
    const from = (rows ? height - 1 - y : y) * length;
    const row = data.subarray(from, from + length);
    if (columns) mirrorRow(row, out, y * length, channels);
    else out.set(row, y * length);
  }
  return { height, width, channels, data: out };
}

/** Writes pixels in the opposite order. */
function mirrorRow(row: Float32Array, out: Float32Array, to: number, channels: number): void {
  for (let from = row.length - channels; from >= 0; from -= channels) {
    for (let k = 0; k < channels; k++) out[to++] = row[from + k];
  }
}
