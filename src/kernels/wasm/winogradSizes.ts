/** Points of a transformed tile of a 3×3 convolution, and of a phase of a transposed one. */
const POINTS = 36;
export const PHASE_POINTS = 25;

/** Floats rounded up to whole cache lines. */
export function alignFloats(floats: number): number {
  return Math.ceil(floats / 16) * 16;
}

/**
 * Floats of 36 matrices, or as many as are given, which lie an odd number of cache lines apart: `pointStride` of
 * `assembly/winogradTiles.ts`.
 */
export function matricesFloats(rows: number, columns: number, points = POINTS): number {
  return points * (Math.ceil((rows * columns) / 32) * 32 + 16);
}

/** Tiles of 4 × 4 pixels that cover the images. */
export function countTiles(batch: number, height: number, width: number): number {
  return batch * Math.ceil(height / 4) * Math.ceil(width / 4);
}

/** Columns of a panel of the filter. */
export const PANEL = 8;
/** Rows of a register tile. */
const TILE_ROWS = 6;
/** Floats that the transforms of one tile need. */
export const SCRATCH_FLOATS = 256;
/** Pieces into which a filter is cut at least, where it is large enough, to feed several threads evenly. */
const PIECES = 8;
/**
 * Rows of a filter whose gradient is summed together, and the most panels of 8 columns: long rows, since each lies in
 * another page of memory.
 */
const GRADIENT_ROWS = 24;
const GRADIENT_PANELS = 32;
const GRADIENT_PIECES = 32;
/** Floats of the matrices of one block, to stay in the second-level cache. */
const BLOCK_FLOATS = 320_000;
const MAX_BLOCK_TILES = 96;

/**
 * Panels of a filter that are transformed together, and the rows at a time: whichever of both lies side by side in
 * memory is taken longer, since the next may lie in another page.
 */
export function filterBlock(
  columns: number,
  columnStride: number,
): { groupPanels: number; blockRows: number } {
  const groupPanels = Math.min(columnStride > 1 ? 4 : 8, Math.ceil(columns / PANEL / PIECES));
  return { groupPanels, blockRows: columnStride > 1 ? 256 : 128 };
}

/**
 * Panels of the gradient of a filter [m, n] that are summed together, how many such pieces there are, and the floats of
 * their sums.
 */
export function gradientPieces(m: number, n: number, points = POINTS) {
  const groups = Math.ceil(m / GRADIENT_ROWS);
  const panels = Math.ceil(n / PANEL);
  const groupPanels = Math.min(GRADIENT_PANELS, Math.ceil((groups * panels) / GRADIENT_PIECES));
  const sumFloats = points * (groupPanels * GRADIENT_ROWS * PANEL + 16);
  return { groupPanels, items: groups * Math.ceil(panels / groupPanels), sumFloats };
}

/**
 * Tiles that are worked on together: many, to read the filter seldom, but few enough to stay in the cache, and blocks
 * of one size for all threads. `channels` are those of the input's and the product's matrices together.
 */
export function tilesOfBlock(tiles: number, channels: number, threads: number, points = POINTS): number {
  const fit = Math.max(TILE_ROWS, Math.min(MAX_BLOCK_TILES, BLOCK_FLOATS / (points * channels)));
  const rounds = Math.ceil(tiles / fit / threads);
  return 2 * Math.ceil(tiles / (2 * rounds * threads));
}
