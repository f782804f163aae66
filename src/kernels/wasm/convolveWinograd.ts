import type { KernelModule } from './KernelModule.js';

/** What `winogradConvolve` reads and writes. */
export interface WinogradConvolution {
  /** Address of the input [batch, height, width, depth]. */
  x: number;
  /** Address of the output [batch, height, width, columns]. */
  y: number;
  batch: number;
  height: number;
  width: number;
  depth: number;
  columns: number;
  /** Address of the filter, and how its values lie, as `FilterLayout` has it. */
  filter: number;
  rowStride: number;
  columnStride: number;
  /** Whether the taps are taken in reverse. */
  flip: boolean;
}

const POINTS = 36;
const PANEL = 8;
const TILE_ROWS = 6;
/** Floats of the matrices of one block, to stay in the second-level cache. */
const BLOCK_FLOATS = 320_000;
const MAX_BLOCK_TILES = 96;

const align = (floats: number) => Math.ceil(floats / 16) * 16;

/** Tiles that are worked on together: many, to read the filter seldom, but few enough to stay in the cache. */
function tilesOfBlock(tiles: number, channels: number, threads: number): number {
  const fit = Math.min(MAX_BLOCK_TILES, BLOCK_FLOATS / (POINTS * channels), tiles / (2 * threads));
  return Math.max(1, Math.floor(fit / TILE_ROWS)) * TILE_ROWS;
}

/** Transforms the filter and convolves, on all threads. Depth and columns must be multiples of 4. */
export function convolveWinograd(kernels: KernelModule, conv: WinogradConvolution): void {
  const { x, y, batch, height, width, depth, columns } = conv;
  const panels = Math.ceil(columns / PANEL);
  const tiles = batch * Math.ceil(height / 4) * Math.ceil(width / 4);
  const blockTiles = tilesOfBlock(tiles, depth + columns, kernels.threads);
  const packedFloats = POINTS * panels * depth * PANEL;
  const scratchFloats = align(48 + POINTS * (4 + blockTiles * (depth + columns)));
  const packed = kernels.workspace(packedFloats + align(depth) + kernels.threads * scratchFloats);
  const zeros = packed + 4 * packedFloats;
  const scratch = zeros + 4 * align(depth);
  kernels.run('clear', depth, depth, zeros);
  kernels.run(
    'winogradFilter',
    panels,
    Math.ceil(2048 / depth),
    ...[conv.filter, packed, depth, columns, conv.rowStride, conv.columnStride, Number(conv.flip)],
    ...[scratch, 4 * scratchFloats],
  );
  kernels.run(
    'winogradConvolve',
    Math.ceil(tiles / blockTiles),
    1,
    ...[x, packed, y, zeros, scratch, 4 * scratchFloats],
    ...[batch, height, width, depth, columns, blockTiles],
  );
}
