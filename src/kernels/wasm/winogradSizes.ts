/** Points of a transformed tile. */
const POINTS = 36;

/** Floats rounded up to whole cache lines. */
export function alignFloats(floats: number): number {
  return Math.ceil(floats / 16) * 16;
}

/** Floats of 36 matrices, which lie an odd number of cache lines apart: `pointStride` of `assembly/winogradTiles.ts`. */
export function matricesFloats(rows: number, columns: number): number {
  return POINTS * (Math.ceil((rows * columns) / 32) * 32 + 16);
}

/** Tiles of 4 × 4 pixels that cover the images. */
export function countTiles(batch: number, height: number, width: number): number {
  return batch * Math.ceil(height / 4) * Math.ceil(width / 4);
}
