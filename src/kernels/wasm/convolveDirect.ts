import { type PixelEpilogue, pixelArguments } from './Epilogue.js';
import type { KernelModule } from './KernelModule.js';
import { alignFloats } from './winogradSizes.js';

/** A number for rows and one for columns. */
export type Pair = readonly [y: number, x: number];

/** What `convolve` reads and writes: grids of pixels, in floats and addresses. */
export interface DirectConvolution extends PixelEpilogue {
  /** Address of the input [batch, height, width, depth]. */
  x: number;
  /** Address of the output [batch, ...outSize, columns]. */
  y: number;
  batch: number;
  height: number;
  width: number;
  depth: number;
  gridHeight: number;
  gridWidth: number;
  columns: number;
  taps: Pair;
  /** Grid pixel (y, x) reads from input pixel (y, x)·stride + offset on. Default 1. */
  stride?: Pair;
  offset: Pair;
  /** Grid pixel (y, x) is output pixel (y, x)·outStep + out. Default 1, and 0. */
  outStep?: Pair;
  out?: Pair;
  /** Height and width of the output. Default: as many steps as the grid has pixels. */
  outSize?: Pair;
}

/** Where in a filter the taps and values of a {@link DirectConvolution} lie. */
export interface FilterLayout {
  /** Address of the filter. */
  filter: number;
  /** Taps of the filter in a row. */
  size: number;
  /** From one value of the depth to the next, in floats. */
  rowStride: number;
  /** From one output channel to the next, in floats. */
  columnStride: number;
  /** Filter tap first + (i, j)·step is tap (i, j) of the convolution. Default 0 and 1. */
  first?: Pair;
  step?: Pair;
  /** Address of the filter as {@link packFilter} has packed it, where that is done already. */
  prepared?: number;
}

/** The same number for rows and columns. */
export const square = (n: number): Pair => [n, n];

const ZERO = square(0);
const ONE = square(1);

const TILE_ROWS = 6;
const PANEL = 8;
/** Output pixels of a block: the fewer, the better its input fits the caches, and the more often the filter is read. */
const BLOCK_PIXELS = 192;
/** Products worth a thread's while: some tens of microseconds. */
const GRAIN_PRODUCTS = 1 << 20;
/** Pieces into which a convolution is cut at least, where it is large enough, to feed several threads evenly. */
const PIECES = 16;

/** Floats of a packed filter. */
export function packedFilterFloats({
  depth,
  columns,
  taps,
}: Pick<DirectConvolution, 'depth' | 'columns' | 'taps'>) {
  return alignFloats(Math.ceil(columns / PANEL) * taps[0] * taps[1] * depth * PANEL);
}

/** Packs a filter to the address `packed`. */
export function packFilter(
  kernels: KernelModule,
  { depth, columns, taps }: Pick<DirectConvolution, 'depth' | 'columns' | 'taps'>,
  { filter, size, rowStride, columnStride, first = ZERO, step = ONE }: FilterLayout,
  packed: number,
): void {
  const products = taps[0] * taps[1] * depth * PANEL;
  const panels = Math.ceil(columns / PANEL);
  // Where panels lie side by side, several at a time: the next row of the filter may lie in another page of memory.
  const neighbours = columnStride === 1 ? Math.min(8, Math.ceil(panels / 8)) : 1;
  kernels.run(
    'packFilter',
    panels,
    Math.max(neighbours, Math.ceil(GRAIN_PRODUCTS / 32 / products)),
    ...[filter, packed, depth, columns, rowStride, columnStride],
    ...[size, ...taps, ...first, ...step],
  );
}

/** Packs the filter, unless it is packed already, and convolves, on all threads. */
export function convolveDirect(kernels: KernelModule, conv: DirectConvolution, layout: FilterLayout): void {
  const { depth, columns, taps, stride = ONE, offset, outStep = ONE, out = ZERO } = conv;
  const { outSize = [conv.gridHeight * outStep[0], conv.gridWidth * outStep[1]] } = conv;
  const panels = Math.ceil(columns / PANEL);
  const pixels = conv.batch * conv.gridHeight * conv.gridWidth;
  const blocks = Math.ceil(pixels / BLOCK_PIXELS);
  const tapCount = taps[0] * taps[1];
  const products = tapCount * depth * PANEL;
  // Small images: the same pixel of all of them together, so that taps outside the image are left out for whole tiles.
  const imagesInner = conv.gridHeight * conv.gridWidth <= 2 * conv.batch;
  const parts = Math.min(panels, Math.ceil(PIECES / blocks));

  const packedFloats = layout.prepared ? 0 : packedFilterFloats(conv);
  const tableFloats = alignFloats((BLOCK_PIXELS / TILE_ROWS) * (tapCount + 1) * TILE_ROWS);
  const workspace = kernels.workspace(packedFloats + alignFloats(depth) + kernels.threads * tableFloats);
  const packed = layout.prepared ?? workspace;
  const zeros = workspace + 4 * packedFloats;
  const scratch = zeros + 4 * alignFloats(depth);
  kernels.run('clear', depth, depth, zeros);
  if (!layout.prepared) packFilter(kernels, conv, layout, packed);
  const productsOfItem = (Math.min(pixels, BLOCK_PIXELS) * products * panels) / parts;
  kernels.run(
    'convolve',
    blocks * parts,
    Math.ceil(GRAIN_PRODUCTS / productsOfItem),
    ...[conv.x, packed, conv.y, zeros, scratch, 4 * tableFloats],
    ...[conv.batch, conv.height, conv.width, depth, conv.gridHeight, conv.gridWidth, columns],
    ...[...taps, ...stride, ...offset, ...outSize, ...outStep, ...out],
    ...[BLOCK_PIXELS, parts, Number(imagesInner), ...pixelArguments(conv), Number(conv.late ?? false)],
  );
}
