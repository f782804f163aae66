import type { Raster } from '../../internal/raster.js';
import { cubicMatrix } from '../../ops/cubicMatrix.js';

/** A part of an image, in pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** A part of an image, brought to a square by bicubic interpolation with antialiasing, as Pillow does it. */
export function resizedCrop(raster: Raster, { top, left, height, width }: Box, size: number): Raster {
  const { channels, data } = raster;
  const [rows, columns] = [tapsOf(height, size), tapsOf(width, size)];
  const stride = raster.width * channels;
  const out = new Float32Array(size * size * channels);
  const row = new Float64Array(width * channels);
  for (let y = 0; y < size; y++) {
    row.fill(0);
    for (const [pixel, weight] of rows[y]) {
      const from = (top + pixel) * stride + left * channels;
      for (let k = 0; k < row.length; k++) row[k] += weight * data[from + k];
    }
    for (let x = 0; x < size; x++) {
      const to = (y * size + x) * channels;
      for (let k = 0; k < channels; k++) {
        let sum = 0;
        for (const [pixel, weight] of columns[x]) sum += weight * row[pixel * channels + k];
        out[to + k] = sum;
      }
    }
  }
  return { height: size, width: size, channels, data: out };
}

/** Of each pixel of the result, the pixels of the part that it is made of, with their weights. */
function tapsOf(from: number, to: number): [pixel: number, weight: number][][] {
  const { data } = cubicMatrix(from, to, { a: -0.5, antialias: true });
  return Array.from({ length: to }, (_, i) =>
    [...data.subarray(i * from, (i + 1) * from)].flatMap((weight, pixel) =>
      weight === 0 ? [] : [[pixel, weight] as [number, number]],
    ),
  );
}
