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
  checkOneOf('flip', 'direction', direction, FLIP_DIRECTIONS);
  const columns = direction !== 'vertical';
  const rows = direction !== 'horizontal';
  const mirror = (raster: Raster) => mirrored(raster, rows, columns);
  return mapSample(sample, mirror, mirror);
}

function mirrored(raster: Raster, rows: boolean, columns: boolean): Raster {
  const { height, width, channels, data } = raster;
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const sourceRow = rows ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const from = (sourceRow * width + (columns ? width - 1 - x : x)) * channels;
      const to = (y * width + x) * channels;
      for (let k = 0; k < channels; k++) out[to + k] = data[from + k];
    }
  }
  return { height, width, channels, data: out };
}
