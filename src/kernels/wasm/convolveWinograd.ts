import { type PixelEpilogue, pixelArguments } from './Epilogue.js';
import type { KernelModule } from './KernelModule.js';
import {
  alignFloats,
  countTiles,
  filterBlock,
  matricesFloats,
  PANEL,
  SCRATCH_FLOATS,
  tilesOfBlock,
} from './winogradSizes.js';

/** A filter to transform. */
export interface WinogradFilter {
  depth: number;
  columns: number;
  /** Address of the filter, and how its values lie, as `FilterLayout` has it. */
  filter: number;
  rowStride: number;
  columnStride: number;
  /** Whether the taps are taken in reverse. */
  flip: boolean;
}

/** What `winogradConvolve` reads and writes. */
export interface WinogradConvolution extends WinogradFilter, PixelEpilogue {
  /** Address of the input [batch, height, width, depth]. */
  x: number;
  /** Address of the output [batch, height, width, columns]. */
  y: number;
  batch: number;
  height: number;
  width: number;
  /** Address of the filter as {@link transformFilter} has transformed it, where that is done already. */
  prepared?: number;
}

/** Floats up to which all transformed tiles stay in a cache while the filter passes by. */
const FEW_TILES_FLOATS = 1 << 21;

/** Floats of a transformed filter. */
export function transformedFilterFloats({
  depth,
  columns,
}: Pick<WinogradFilter, 'depth' | 'columns'>): number {
  return matricesFloats(Math.ceil(columns / PANEL) * PANEL, depth);
}

/** Transforms a filter to the address `transformed`. */
export function transformFilter(
  kernels: KernelModule,
  conv: WinogradFilter,
  transformed: number,
  scratch: readonly number[] = [kernels.workspace(kernels.threads * SCRATCH_FLOATS), 4 * SCRATCH_FLOATS],
): void {
  const panels = Math.ceil(conv.columns / PANEL);
  const filter = [conv.filter, transformed, ...layoutOf(conv), ...scratch];
  kernels.run('winogradFilter', panels, Math.ceil(2048 / conv.depth), ...filter);
}

/**
 * Transforms the filter, unless it is transformed already, and convolves, on all threads. Depth and columns must be
 * multiples of 4.
 */
export function convolveWinograd(kernels: KernelModule, conv: WinogradConvolution): void {
  const tiles = countTiles(conv.batch, conv.height, conv.width);
  if (matricesFloats(tiles, conv.depth) <= FEW_TILES_FLOATS && conv.columns > 2 * tiles)
    fewTiles(kernels, conv, tiles);
  else manyTiles(kernels, conv, tiles);
}

/** All of the filter, then block by block of the tiles. */
function manyTiles(kernels: KernelModule, conv: WinogradConvolution, tiles: number): void {
  const { x, y, batch, height, width, depth, columns } = conv;
  const blockTiles = tilesOfBlock(tiles, depth + columns, kernels.threads);
  const packedFloats = conv.prepared ? 0 : transformedFilterFloats(conv);
  const blockFloats = matricesFloats(blockTiles, depth) + matricesFloats(blockTiles, columns);
  const scratchFloats = SCRATCH_FLOATS + blockFloats;
  const workspace = kernels.workspace(packedFloats + alignFloats(depth) + kernels.threads * scratchFloats);
  const packed = conv.prepared ?? workspace;
  const zeros = workspace + 4 * packedFloats;
  const scratch = [zeros + 4 * alignFloats(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  if (!conv.prepared) transformFilter(kernels, conv, packed, scratch);
  const images = [x, packed, y, zeros, ...scratch, batch, height, width, depth, columns];
  const block = [blockTiles, ...pixelArguments(conv)];
  kernels.run('winogradConvolve', Math.ceil(tiles / blockTiles), 1, ...images, ...block);
}

/** All tiles, then some panels of the filter at a time: its transform, larger than itself, never leaves the cache. */
function fewTiles(kernels: KernelModule, conv: WinogradConvolution, tiles: number): void {
  const { x, y, height, width, depth, columns } = conv;
  const { groupPanels, blockRows } = filterBlock(columns, conv.columnStride);
  const inputFloats = matricesFloats(tiles, depth);
  const productFloats = matricesFloats(tiles, columns);
  const scratchFloats = SCRATCH_FLOATS + matricesFloats(groupPanels * PANEL, blockRows);
  const ownFloats = alignFloats(depth) + kernels.threads * scratchFloats;
  const input = kernels.workspace(inputFloats + productFloats + ownFloats);
  const product = input + 4 * inputFloats;
  const zeros = product + 4 * productFloats;
  const scratch = [zeros + 4 * alignFloats(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  const source = [x, input, zeros, ...scratch, tiles, height, width, depth];
  kernels.run('winogradInput', tiles, Math.ceil(4096 / depth), ...source);
  const filter = [...layoutOf(conv), groupPanels, blockRows, conv.prepared ?? 0];
  const products = [input, conv.filter, product, ...scratch, tiles, ...filter];
  kernels.run('winogradPanels', Math.ceil(columns / PANEL / groupPanels), 1, ...products);
  const target = [product, y, ...scratch, tiles, height, width, columns, ...pixelArguments(conv)];
  kernels.run('winogradOutput', tiles, Math.ceil(4096 / columns), ...target);
}

function layoutOf({ depth, columns, rowStride, columnStride, flip }: WinogradFilter): number[] {
  return [depth, columns, rowStride, columnStride, Number(flip)];
}
