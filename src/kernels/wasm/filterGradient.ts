import type { Pair } from './convolveDirect.js';
import type { KernelModule } from './KernelModule.js';
import { alignFloats } from './winogradSizes.js';

/** What the gradient of a filter sums: dw[tap][m][n] = Σ a[pixel · stride + tap + offset][m] · b[pixel][n]. */
export interface FilterGradient {
  /** Address of [batch, height, width, m]. */
  a: number;
  /** Address of [batch, gridHeight, gridWidth, n]. */
  b: number;
  /** Address of the result [...taps, m, n]. */
  dw: number;
  batch: number;
  height: number;
  width: number;
  m: number;
  gridHeight: number;
  gridWidth: number;
  n: number;
  taps: Pair;
  stride: Pair;
  offset: Pair;
}

const TILE_ROWS = 6;
/** Grid pixels for which sums of their own are worth adding up afterwards. */
const PART_PIXELS = 2048;
const MAX_PARTS = 8;
/** Floats that all parts' sums may take together. */
const MAX_PART_FLOATS = 1 << 21;
/** Pieces into which the work is cut at least, where it is large enough, to feed several threads evenly. */
const PIECES = 16;
/** Floats of both operands that are worked on together: they stay in the cache near the core. */
const BLOCK_FLOATS = 6144;
const MIN_BLOCK_PIXELS = 192;

/** Sums the gradient directly, on all threads; the order of summation depends on the shapes alone. */
export function filterGradient(kernels: KernelModule, gradient: FilterGradient): void {
  const { a, b, dw, batch, height, width, m, gridHeight, gridWidth, n, taps, stride, offset } = gradient;
  const size = taps[0] * taps[1] * m * n;
  const rows = batch * gridHeight;
  const pixels = rows * gridWidth;
  const parts = Math.max(
    1,
    Math.min(MAX_PARTS, rows, Math.floor(pixels / PART_PIXELS), Math.floor(MAX_PART_FLOATS / size)),
  );
  const splits = Math.min(Math.ceil(m / TILE_ROWS), Math.ceil(PIECES / parts));
  const blockPixels = Math.max(MIN_BLOCK_PIXELS, BLOCK_FLOATS / (stride[0] * stride[1] * m + n));
  const blockRows = Math.ceil(blockPixels / gridWidth);
  const tableFloats = alignFloats(10 * blockRows * gridWidth);
  const sumFloats = alignFloats(parts > 1 ? parts * size : 0);
  const workspace = kernels.workspace(sumFloats + kernels.threads * tableFloats);
  const sums = parts > 1 ? workspace : dw;
  kernels.run(
    'filterGradient',
    parts * splits,
    Math.ceil((2 ** 20 * parts * splits) / (pixels * size)),
    ...[a, b, sums, 4 * size, batch, height, width, m, gridHeight, gridWidth, n],
    ...[...taps, ...stride, ...offset, parts, splits, blockRows, workspace + 4 * sumFloats, 4 * tableFloats],
  );
  if (parts > 1) kernels.run('sumParts', size, 1 << 15, sums, dw, parts, size);
}
