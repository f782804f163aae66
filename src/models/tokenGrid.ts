import { argumentError, checkInteger } from '../internal/checks.js';

/** Height and width in pixels, or one number for both. */
export type ImageSize = number | readonly [height: number, width: number];

/**
 * Rows and columns of patches in an image.
 *
 * @throws Unless its sides are multiples of the patches' side.
 */
export function tokenGrid(functionName: string, size: ImageSize, patchSize: number): [number, number] {
  checkInteger(`${functionName}: patchSize`, patchSize, 1);
  const sides = typeof size === 'number' ? [size, size] : size;
  if (
    !Array.isArray(sides) ||
    sides.length !== 2 ||
    !sides.every((side) => Number.isInteger(side) && side > 0 && side % patchSize === 0)
  ) {
    throw argumentError(
      `${functionName}: the size of images`,
      size,
      `a multiple of patchSize, ${patchSize}, or two, height and width`,
    );
  }
  return [sides[0] / patchSize, sides[1] / patchSize];
}

/** Throws unless the channels can be divided among the heads. */
export function checkHeads(functionName: string, [key, channels]: readonly [string, number], heads: number) {
  checkInteger(`${functionName}: ${key}`, channels, 1);
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0) {
    throw argumentError(`${functionName}: numHeads`, heads, `a divisor of ${key}, ${channels}`);
  }
}
