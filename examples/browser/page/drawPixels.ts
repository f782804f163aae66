import { toRgb, type ValueRange } from '../../lib/toRgb.js';
import type { Pixels } from '../shared/types.js';

/** Clean chips lie in 0–1; what noise is added to is shown over a wider range. */
export const CLEAN: ValueRange = [0, 1];
export const NOISY: ValueRange = [-1, 2];

/** Draws chosen bands of an image, one image pixel a canvas pixel. */
export function drawPixels(
  canvas: HTMLCanvasElement,
  image: Pixels,
  bands: readonly number[],
  range: ValueRange,
): void {
  const { width, height, data } = toRgb(image, bands, range);
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
