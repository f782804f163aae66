import { checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { type AugmentationSample, mapSample } from './sample.js';

/** Options of {@link rotate}. */
export interface RotateOptions {
  /** `'tutorial'`: labels and masks are interpolated bilinearly and rounded, which invents classes at borders. */
  compat?: 'tutorial';
}

/**
 * Turns a sample counter-clockwise around the pixel (width // 2, height // 2), size kept, zeros from outside.
 * The image is interpolated bilinearly, label and mask take the nearest pixel.
 *
 * Follows `center_rotate` of the ClarkCGA eofm-tutorial (OpenCV's `getRotationMatrix2D` and `warpAffine`) with exact
 * positions, where OpenCV rounds them to 1/32 pixel. With even sizes a turn by 180° so moves the image by one pixel.
 *
 * @param degrees Angle, counter-clockwise.
 * @returns A new sample of the same shape; the given one is not changed.
 * @throws If `degrees` is not finite.
 * @example
 * import { rotate } from 'diffusion-ssl/augmentation';
 * const image = { height: 3, width: 3, channels: 1, data: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]) };
 * console.log(rotate({ image }, 90).image.data); // 3, 6, 9, 2, 5, 8, 1, 4, 7
 */
export function rotate(
  sample: AugmentationSample,
  degrees: number,
  options: RotateOptions = {},
): AugmentationSample {
  checkNumber('rotate', 'degrees', degrees);
  const rounded = (raster: Raster): Raster => {
    const turned = warp(raster, degrees, bilinear);
    return { ...turned, data: turned.data.map(roundHalfToEven) };
  };
  return mapSample(
    sample,
    (raster) => warp(raster, degrees, bilinear),
    options.compat === 'tutorial' ? rounded : (raster) => warp(raster, degrees, nearest),
  );
}

type Sampler = (raster: Raster, x: number, y: number, out: Float32Array, to: number) => void;

function warp(raster: Raster, degrees: number, sample: Sampler): Raster {
  const { height, width, channels } = raster;
  const [cos, sin] = cosSin(degrees);
  const centreX = Math.floor(width / 2);
  const centreY = Math.floor(height / 2);
  const out = new Float32Array(raster.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = cos * (x - centreX) - sin * (y - centreY) + centreX;
      const sourceY = sin * (x - centreX) + cos * (y - centreY) + centreY;
      sample(raster, sourceX, sourceY, out, (y * width + x) * channels);
    }
  }
  return { ...raster, data: out };
}

/** Exact for multiples of 90°. */
function cosSin(degrees: number): [number, number] {
  const quarter = degrees / 90;
  if (Number.isInteger(quarter)) {
    const turn = ((quarter % 4) + 4) % 4;
    return [[1, 0, -1, 0][turn], [0, 1, 0, -1][turn]];
  }
  const radians = (degrees * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

function bilinear(raster: Raster, x: number, y: number, out: Float32Array, to: number): void {
  const { height, width, channels, data } = raster;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const weightX = x - left;
  const weightY = y - top;
  for (let dy = 0; dy < 2; dy++) {
    for (let dx = 0; dx < 2; dx++) {
      const weight = (dx ? weightX : 1 - weightX) * (dy ? weightY : 1 - weightY);
      const row = top + dy;
      const column = left + dx;
      if (weight === 0 || row < 0 || row >= height || column < 0 || column >= width) continue;
      const from = (row * width + column) * channels;
      for (let k = 0; k < channels; k++) out[to + k] += weight * data[from + k];
    }
  }
}

function nearest(raster: Raster, x: number, y: number, out: Float32Array, to: number): void {
  const { height, width, channels, data } = raster;
  const column = Math.floor(x + 0.5);
  const row = Math.floor(y + 0.5);
  if (row < 0 || row >= height || column < 0 || column >= width) return;
  const from = (row * width + column) * channels;
  for (let k = 0; k < channels; k++) out[to + k] = data[from + k];
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(value);
}
