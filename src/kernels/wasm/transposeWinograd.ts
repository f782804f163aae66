import type * as tf from '@tensorflow/tfjs-core';
import { type Epilogue, epilogueArguments } from './Epilogue.js';
import type { KernelModule } from './KernelModule.js';
import {
  alignFloats,
  countTiles,
  filterBlock,
  gradientPieces,
  matricesFloats,
  PANEL,
  PHASE_POINTS,
  SCRATCH_FLOATS,
  tilesOfBlock,
} from './winogradSizes.js';

/** A filter [4, 4, out, in] of a transposed convolution: forward it reads the `in` channels, backward the `out`. */
export interface PhaseFilter {
  /** Address of the filter. */
  filter: number;
  /** Channels that are read. */
  depth: number;
  /** Channels that are written. */
  columns: number;
  /** Whether the gradient of the input is computed. */
  backward: boolean;
  /** Address of the filter as {@link transformPhaseFilter} has transformed it, where that is done already. */
  prepared?: number;
}

/** Tiles up to which all are transformed before some panels of the filter at a time. */
const FEW_TILES = 128;
/** Floats of the matrices of one block of the filter's gradient, and the fewest tiles of one. */
const GRADIENT_BLOCK_FLOATS = 320_000;
const MIN_GRADIENT_TILES = 96;

const matrices = (rows: number, columns: number) => matricesFloats(rows, columns, PHASE_POINTS);
const filterRows = ({ depth, backward }: Pick<PhaseFilter, 'depth' | 'backward'>) =>
  backward ? 4 * depth : depth;

/** Floats of a transformed filter. */
export function phaseFilterFloats(filter: Pick<PhaseFilter, 'depth' | 'columns' | 'backward'>): number {
  const panelColumns = Math.ceil(filter.columns / PANEL) * PANEL;
  return (filter.backward ? 1 : 4) * matrices(panelColumns, filterRows(filter));
}

/** Transforms a filter to the address `transformed`. */
export function transformPhaseFilter(
  kernels: KernelModule,
  { filter, depth, columns, backward }: PhaseFilter,
  transformed: number,
  scratch: readonly number[] = [kernels.workspace(kernels.threads * SCRATCH_FLOATS), 4 * SCRATCH_FLOATS],
): void {
  const shape = [filter, transformed, depth, columns, Number(backward)];
  kernels.run('phaseFilter', Math.ceil(columns / PANEL), Math.ceil(2048 / depth), ...shape, ...scratch);
}

/**
 * Transposed convolution 4×4 with stride 2, or backward the gradient of its input, by Winograd's F(4×4, 2×2) on each of
 * the four phases of the larger image: 25 products where the direct sum has 64. `height` and `width` are those of the
 * smaller image.
 */
export function convolvePhases(
  kernels: KernelModule,
  x: tf.TensorInfo,
  [batch, height, width]: readonly number[],
  filter: PhaseFilter & Epilogue,
): tf.TensorInfo {
  const { columns, backward } = filter;
  const scale = backward ? 1 : 2;
  const y = kernels.output([batch, scale * height, scale * width, columns]);
  const addresses = [kernels.pointer(x), kernels.pointer(y)];
  const few = countTiles(batch, height, width) <= FEW_TILES;
  (few ? fewTiles : manyTiles)(kernels, addresses, [batch, height, width], filter);
  return y;
}

/** All of the filter, then block by block of the tiles. */
function manyTiles(
  kernels: KernelModule,
  [x, y]: number[],
  shape: readonly number[],
  filter: PhaseFilter & Epilogue,
): void {
  const [batch, height, width] = shape;
  const { depth, columns, backward } = filter;
  const rows = filterRows(filter);
  const tiles = countTiles(batch, height, width);
  const blockTiles = tilesOfBlock(tiles, rows + columns, kernels.threads, PHASE_POINTS);
  const packedFloats = filter.prepared ? 0 : phaseFilterFloats(filter);
  const scratchFloats = SCRATCH_FLOATS + matrices(blockTiles, rows) + matrices(blockTiles, columns);
  const workspace = kernels.workspace(packedFloats + alignFloats(depth) + kernels.threads * scratchFloats);
  const packed = filter.prepared ?? workspace;
  const zeros = workspace + 4 * packedFloats;
  const scratch = [zeros + 4 * alignFloats(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  if (!filter.prepared) transformPhaseFilter(kernels, filter, packed, scratch);
  const images = [x, packed, y, zeros, ...scratch, batch, height, width, depth, columns];
  const block = [Number(backward), blockTiles, ...epilogueArguments(filter)];
  kernels.run('phaseConvolve', Math.ceil(tiles / blockTiles), 1, ...images, ...block);
}

/** All tiles, then some panels of the filter at a time: its transform, larger than itself, never leaves the cache. */
function fewTiles(
  kernels: KernelModule,
  [x, y]: number[],
  shape: readonly number[],
  filter: PhaseFilter & Epilogue,
): void {
  const [batch, height, width] = shape;
  const { depth, columns, prepared } = filter;
  const backward = Number(filter.backward);
  const rows = filterRows(filter);
  const tiles = countTiles(batch, height, width);
  const { groupPanels, blockRows } = filterBlock(columns, filter.backward ? 1 : depth);
  const inputFloats = matrices(tiles, rows);
  const productFloats = matrices(tiles, columns);
  const scratchFloats = SCRATCH_FLOATS + (prepared ? 0 : matrices(groupPanels * PANEL, blockRows));
  const ownFloats = alignFloats(depth) + kernels.threads * scratchFloats;
  const input = kernels.workspace(inputFloats + productFloats + ownFloats);
  const product = input + 4 * inputFloats;
  const zeros = product + 4 * productFloats;
  const scratch = [zeros + 4 * alignFloats(depth), 4 * scratchFloats];
  kernels.run('clear', depth, depth, zeros);
  for (let phase = 0; phase < 4; phase++) {
    const source = [x, input, zeros, ...scratch, tiles, height, width, depth, phase, backward];
    kernels.run('phaseInput', tiles, Math.ceil(4096 / depth), ...source);
    if (backward && phase < 3) continue;
    const sizes = [tiles, depth, columns, phase, backward, groupPanels, blockRows, prepared ?? 0];
    const products = [input, filter.filter, product, ...scratch, ...sizes];
    kernels.run('phasePanels', Math.ceil(columns / PANEL / groupPanels), 1, ...products);
    const target = [product, y, ...scratch, tiles, height, width, columns, phase, backward];
    kernels.run('phaseOutput', tiles, Math.ceil(4096 / columns), ...target, ...epilogueArguments(filter));
  }
}

/** The gradient of the filter [4, 4, m, n] from dy [batch, 2·height, 2·width, m] and x [batch, height, width, n]. */
export function phaseFilterGradient(
  kernels: KernelModule,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
): tf.TensorInfo {
  const [batch, height, width, n] = x.shape;
  const m = dy.shape[3];
  const filter = kernels.output([4, 4, m, n]);
  const tiles = countTiles(batch, height, width);
  const fit = Math.max(MIN_GRADIENT_TILES, Math.floor(GRADIENT_BLOCK_FLOATS / (PHASE_POINTS * (m + n))));
  const blockTiles = Math.ceil(tiles / Math.ceil(tiles / fit));
  const gradientFloats = matrices(blockTiles, m) + 16;
  const inputFloats = matrices(blockTiles, n) + 16;
  const zeroFloats = alignFloats(Math.max(m, n));
  const { groupPanels, items, sumFloats } = gradientPieces(m, n, PHASE_POINTS);
  const scratchFloats = SCRATCH_FLOATS + sumFloats;
  const workspaceFloats = gradientFloats + inputFloats + zeroFloats + kernels.threads * scratchFloats;
  const gradient = kernels.workspace(workspaceFloats);
  const input = gradient + 4 * gradientFloats;
  const zeros = input + 4 * inputFloats;
  const scratch = [zeros + 4 * zeroFloats, 4 * scratchFloats];
  const images = [kernels.pointer(dy), kernels.pointer(x), gradient, input, zeros, ...scratch];
  kernels.run('clear', zeroFloats, zeroFloats, zeros);
  for (let first = 0; first < tiles; first += blockTiles) {
    const count = Math.min(blockTiles, tiles - first);
    for (let phase = 0; phase < 4; phase++) {
      const shape = [first, blockTiles, height, width, m, n, phase];
      kernels.run('phaseGradientTiles', count, Math.ceil(4096 / (m + n)), ...images, ...shape);
      const sizes = [count, blockTiles, m, n, Number(first === 0), groupPanels, phase];
      const products = [gradient, input, kernels.pointer(filter), ...scratch, ...sizes];
      kernels.run('winogradGradientProducts', items, 1, ...products);
    }
  }
  return filter;
}
