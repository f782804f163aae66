import type { FilterGradient } from './filterGradient.js';
import type { KernelModule } from './KernelModule.js';
import { alignFloats, countTiles, gradientPieces, matricesFloats, SCRATCH_FLOATS } from './winogradSizes.js';

/** Floats of the matrices of one block, to stay in the caches. */
const BLOCK_FLOATS = 800_000;
const MIN_BLOCK_TILES = 96;
/** Filter values per tap up to which all sums of products are kept until the last tile. */
const FEW_VALUES = 64 * 64;

/** Gradient of a 3×3 filter with stride 1 by Winograd's algorithm, on all threads. Channels must be multiples of 4. */
export function filterGradientWinograd(
  kernels: KernelModule,
  gradient: Pick<FilterGradient, 'a' | 'b' | 'dw' | 'batch' | 'height' | 'width' | 'm' | 'n'>,
): void {
  const { a, b, dw, batch, height, width, m, n } = gradient;
  const tiles = countTiles(batch, height, width);
  const fit = Math.max(MIN_BLOCK_TILES, Math.floor(BLOCK_FLOATS / (36 * (m + n))));
  const blockTiles = Math.ceil(tiles / Math.ceil(tiles / fit));
  const inputFloats = matricesFloats(blockTiles, m) + 16;
  const gradientFloats = matricesFloats(blockTiles, n) + 16;
  const zeroFloats = alignFloats(Math.max(m, n));
  const few = m * n <= FEW_VALUES;
  const sumFloats = few ? matricesFloats(m, n) : 0;
  const pieces = gradientPieces(m, n);
  const scratchFloats = SCRATCH_FLOATS + (few ? 0 : pieces.sumFloats);
  const ownFloats = zeroFloats + sumFloats + kernels.threads * scratchFloats;
  const input = kernels.workspace(inputFloats + gradientFloats + ownFloats);
  const products = input + 4 * inputFloats;
  const zeros = products + 4 * gradientFloats;
  const sums = zeros + 4 * zeroFloats;
  const scratch = [sums + 4 * sumFloats, 4 * scratchFloats];
  kernels.run('clear', zeroFloats, zeroFloats, zeros);
  for (let first = 0; first < tiles; first += blockTiles) {
    const count = Math.min(blockTiles, tiles - first);
    const grain = Math.ceil(4096 / (m + n));
    const shape = [first, blockTiles, height, width, m, n];
    kernels.run('winogradGradientTiles', count, grain, a, b, input, products, zeros, ...scratch, ...shape);
    const sizes = [count, blockTiles, m, n, Number(first === 0)];
    if (few) {
      kernels.run('winogradGradientPoints', 36, 1, input, products, sums, ...sizes);
    } else {
      const outputs = [dw, ...scratch, ...sizes, pieces.groupPanels, -1];
      kernels.run('winogradGradientProducts', pieces.items, 1, input, products, ...outputs);
    }
  }
  if (few) kernels.run('winogradGradientTaps', m, Math.ceil(512 / n), sums, dw, ...scratch, m, n);
}
