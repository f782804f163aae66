/** Points of a transformed tile of a 3×3 convolution, and of a phase of a transposed one. */
const POINTS = 36;
export const PHASE_POINTS = 25;

/** Floats rounded up to whole cache lines. */
export function alignFloats(floats: number): number {
  return Math.ceil(floats / 16) * 16;
}

/** Floats of 36 matrices, or as many as are given, which lie an odd number of cache lines apart: `pointStride` of `assembly/winogradTiles.ts`. */
export function matricesFloats(rows: number, columns: number, points = POINTS): number {
  return points * (Math.ceil((rows * columns) / 32) * 32 + 16);
}

/** Tiles of 4 × 4 pixels that cover the images. */
export function countTiles(batch: number, height: number, width: number): number {
  return batch * Math.ceil(height / 4) * Math.ceil(width / 4);
}
