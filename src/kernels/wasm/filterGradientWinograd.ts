import type { FilterGradient } from './filterGradient.js';
import type { KernelModule } from './KernelModule.js';
import { alignFloats, countTiles, matricesFloats } from './winogradSizes.js';

const PANEL = 8;
const TILE_ROWS = 6;
/** Floats of the matrices of one block, to stay in the caches. */
const BLOCK_FLOATS = 400_000;
const MIN_BLOCK_TILES = 48;
/** Floats of scratch memory for the 36 sums of 6 × 8 values, and for the transforms. */
const SCRATCH_FLOATS = 2048;

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
  const input = kernels.workspace(
    inputFloats + gradientFloats + zeroFloats + kernels.threads * SCRATCH_FLOATS,
  );
  const products = input + 4 * inputFloats;
  const zeros = products + 4 * gradientFloats;
  const scratch = [zeros + 4 * zeroFloats, 4 * SCRATCH_FLOATS];
  kernels.run('clear', zeroFloats, zeroFloats, zeros);
  for (let first = 0; first < tiles; first += blockTiles) {
    const count = Math.min(blockTiles, tiles - first);
    const grain = Math.ceil(4096 / (m + n));
    const shape = [first, blockTiles, height, width, m, n];
    kernels.run('winogradGradientTiles', count, grain, a, b, input, products, zeros, ...scratch, ...shape);
    const items = Math.ceil(m / TILE_ROWS) * Math.ceil(n / PANEL);
    const sizes = [count, blockTiles, m, n, Number(first === 0)];
    kernels.run(
      'winogradGradientProducts',
      items,
      Math.ceil(256 / count),
      input,
      products,
      dw,
      ...scratch,
      ...sizes,
    );
  }
}
