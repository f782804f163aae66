import { DataError } from '../errors/DataError.js';
import type { AffineTransform } from './geoTiffTypes.js';

/** From coordinates to columns and rows, in fractions of pixels from the top left corner. */
export function inverseTransform([a, b, c, d, e, f]: AffineTransform): (
  x: number,
  y: number,
) => [number, number] {
  const determinant = a * e - b * d;
  if (determinant === 0)
    throw new DataError(`the transform [${[a, b, c, d, e, f]}] of a raster has no inverse.`);
  return (x, y) => [(e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant];
}
