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
/** Floats up to which all transformed tiles stay in a cache while the filter passes by. */
const FEW_TILES_FLOATS = 1 << 20;
/** Floats that the transforms of one tile need. */
const SCRATCH_FLOATS = 256;

const align = (floats: number) => Math.ceil(floats / 16) * 16;

/** Tiles that are worked on together: many, to read the filter seldom, but few enough to stay in the cache. */
function tilesOfBlock(tiles: number, channels: number, threads: number): number {
  const fit = Math.min(MAX_BLOCK_TILES, BLOCK_FLOATS / (POINTS * channels), tiles / (2 * threads));
  return Math.max(1, Math.floor(fit / TILE_ROWS)) * TILE_ROWS;
}

/** Transforms the filter and convolves, on all threads. Depth and columns must be multiples of 4. */
export function convolveWinograd(kernels: KernelModule, conv: WinogradConvolution): void {
  const tiles = conv.batch * Math.ceil(conv.height / 4) * Math.ceil(conv.width / 4);
  if (tiles * POINTS * conv.depth <= FEW_TILES_FLOATS && conv.columns > 2 * tiles)
    fewTiles(kernels, conv, tiles);
  else manyTiles(kernels, conv, tiles);
}

/** All of the filter, then block by block of the tiles. */
function manyTiles(kernels: KernelModule, conv: WinogradConvolution, tiles: number): void {
  const { x, y, batch, height, width, depth, columns } = conv;
  const panels = Math.ceil(columns / PANEL);
  const blockTiles = tilesOfBlock(tiles, depth + columns, kernels.threads);
  const packedFloats = POINTS * panels * depth * PANEL;
  const scratchFloats = align(SCRATCH_FLOATS + POINTS * blockTiles * (depth + columns));
  const packed = kernels.workspace(packedFloats + align(depth) + kernels.threads * scratchFloats);
  const zeros = packed + 4 * packedFloats;
  const scratch = [zeros + 4 * align(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  const layout = [depth, columns, conv.rowStride, conv.columnStride, Number(conv.flip)];
  kernels.run('winogradFilter', panels, Math.ceil(2048 / depth), conv.filter, packed, ...layout, ...scratch);
  const shape = [batch, height, width, depth, columns];
  kernels.run(
    'winogradConvolve',
    Math.ceil(tiles / blockTiles),
    1,
    x,
    packed,
    y,
    zeros,
    ...scratch,
    ...shape,
    blockTiles,
  );
}

/** All tiles, then panel by panel of the filter: its transform, larger than the filter itself, never leaves the cache. */
function fewTiles(kernels: KernelModule, conv: WinogradConvolution, tiles: number): void {
  const { x, y, height, width, depth, columns } = conv;
  const inputFloats = align(POINTS * tiles * depth);
  const productFloats = align(POINTS * tiles * columns);
  const scratchFloats = align(SCRATCH_FLOATS + POINTS * depth * PANEL);
  const input = kernels.workspace(
    inputFloats + productFloats + align(depth) + kernels.threads * scratchFloats,
  );
  const product = input + 4 * inputFloats;
  const zeros = product + 4 * productFloats;
  const scratch = [zeros + 4 * align(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  kernels.run(
    'winogradInput',
    tiles,
    Math.ceil(4096 / depth),
    x,
    input,
    zeros,
    ...scratch,
    tiles,
    height,
    width,
    depth,
  );
  const layout = [conv.rowStride, conv.columnStride, Number(conv.flip)];
  const panels = Math.ceil(columns / PANEL);
  kernels.run(
    'winogradPanels',
    panels,
    1,
    input,
    conv.filter,
    product,
    ...scratch,
    tiles,
    depth,
    columns,
    ...layout,
  );
  kernels.run(
    'winogradOutput',
    tiles,
    Math.ceil(4096 / columns),
    product,
    y,
    ...scratch,
    tiles,
    height,
    width,
    columns,
  );
}
