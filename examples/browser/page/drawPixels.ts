import { toRgb, type ValueRange } from '../../trainer/src/pictures/toRgb.js';
import type { Pixels } from '../shared/types.js';

/** The ranges in which images with noise are shown: half as wide again as those of clean ones. */
export function rangesWithNoise(ranges: readonly ValueRange[]): ValueRange[] {
  return ranges.map(([black, white]) => [black - (white - black) / 4, white + (white - black) / 4]);
}

/** Draws chosen bands of an image, one image pixel a canvas pixel. */
export function drawPixels(
  canvas: HTMLCanvasElement,
  image: Pixels,
  bands: readonly number[],
  ranges: readonly ValueRange[],
): void {
  const { width, height, data } = toRgb(image, bands, ranges);
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** Takes the picture away. */
export function clearPicture(canvas: HTMLCanvasElement): void {
  canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
}
