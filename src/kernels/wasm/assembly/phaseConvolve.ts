import {
  PHASE_POINTS, phaseGrid, storePhaseTiles, transformPhaseGradient, transformPhaseInput, transformPhasePanels,
} from './phaseTiles';
import { ownScratch } from './thread';
import { multiply } from './winogradConvolve';
import { GROUP_BYTES, PANEL_BYTES } from './winogradGradient';
import { pointStride } from './winogradTiles';

/**
 * Transposed convolution 4×4 with stride 2, and backward the gradient of its input. Each of the four phases of the
 * output, pixels 2y + py and 2x + px, is a convolution 2×2 of the small image, here by Winograd's F(4×4, 2×2): tiles of
 * 5 × 5 pixels are transformed, multiplied as 25 matrices by the transformed filter, and transformed to 4 × 4 pixels.
 * Backward the products of all phases add up before their transform. `depth` are the channels that are read, `columns`
 * those that are written; both must be multiples of 4.
 */

/** Rows of the filter's matrices. */
// @ts-ignore: decorator
@inline
function filterRows(depth: i32, backward: i32): i32 {
  return backward ? 4 * depth : depth;
}

/**
 * Transforms the filter for `phaseConvolve`: forward 25 matrices for each phase, backward 25 with the rows of all.
 * Items are panels.
 */
export function phaseFilter(
  begin: i32, end: i32,
  filter: usize, packed: usize, depth: i32, columns: i32, backward: i32, scratch: usize, scratchBytes: i32,
): void {
  const rows = filterRows(depth, backward);
  const pointBytes = pointStride((columns + 7) & ~7, rows);
  const own = ownScratch(scratch, scratchBytes);
  for (let phase = 0; phase < 4; phase++) {
    const place = backward ? <usize>(phase * depth) << 5 : phase * PHASE_POINTS * pointBytes;
    const target = packed + place + (<usize>(begin * rows) << 5);
    transformPhasePanels(filter, target, pointBytes, rows, phase, begin, end, 0, depth, depth, columns, backward, own);
  }
}

/** Convolves with a transformed filter. Items are blocks of `blockTiles` tiles, whose matrices stay in the cache. */
export function phaseConvolve(
  begin: i32, end: i32,
  x: usize, packed: usize, y: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  batch: i32, height: i32, width: i32, depth: i32, columns: i32, backward: i32, blockTiles: i32, bias: usize, relu: i32,
): void {
  const tiles = batch * ((height + 3) >> 2) * ((width + 3) >> 2);
  const panels = (columns + 7) >> 3;
  const rows = filterRows(depth, backward);
  const own = ownScratch(scratch, scratchBytes);
  const input = own + 1024;
  const inputPoint = pointStride(blockTiles, rows);
  const product = input + PHASE_POINTS * inputPoint;
  const productPoint = pointStride(blockTiles, columns);
  const packedPoint = pointStride(panels << 3, rows);
  for (let item = begin; item < end; item++) {
    const first = item * blockTiles;
    const last = min(first + blockTiles, tiles);
    for (let phase = 0; phase < 4; phase++) {
      transformInput(first, last, x, input, 0, inputPoint, zeros, own, height, width, depth, phase, backward);
      if (backward && phase < 3) continue;
      const filter = backward ? packed : packed + phase * PHASE_POINTS * packedPoint;
      for (let point = 0; point < PHASE_POINTS; point++) {
        multiply(
          input + point * inputPoint, rows, filter + point * packedPoint, rows, product + point * productPoint,
          last - first, rows, columns, panels, columns, false, own,
        );
      }
      storeOutput(first, last, product, productPoint, y, own, height, width, columns, phase, backward, bias, relu);
    }
  }
}

/** The first of three steps for few tiles and many channels: transforms the input for a phase. Items are tiles. */
export function phaseInput(
  begin: i32, end: i32,
  x: usize, input: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, depth: i32, phase: i32, backward: i32,
): void {
  const rows = filterRows(depth, backward);
  const own = ownScratch(scratch, scratchBytes);
  transformInput(
    begin, end, x, input, begin, pointStride(tiles, rows), zeros, own, height, width, depth, phase, backward,
  );
}

/**
 * The second step: transforms `blockRows` rows of some panels of the filter at a time, which stay in the cache, unless
 * all are `transformed` already, and adds the products of all tiles by them: forward those of `phase`, backward of all
 * phases. Items are groups of `groupPanels` panels.
 */
export function phasePanels(
  begin: i32, end: i32,
  input: usize, filter: usize, product: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, depth: i32, columns: i32, phase: i32, backward: i32, groupPanels: i32, blockRows: i32, transformed: usize,
): void {
  const panels = (columns + 7) >> 3;
  const rows = filterRows(depth, backward);
  const own = ownScratch(scratch, scratchBytes);
  const packedPoint = transformed ? pointStride(panels << 3, rows) : pointStride(groupPanels << 3, blockRows);
  const inputPoint = pointStride(tiles, rows);
  const productPoint = pointStride(tiles, columns);
  if (transformed && !backward) transformed += phase * PHASE_POINTS * packedPoint;
  for (let item = begin; item < end; item++) {
    const panel = item * groupPanels;
    const last = min(panel + groupPanels, panels);
    for (let row = 0, next = 0; row < rows; row = next) {
      const inPhase = row % depth;
      next = row + min(blockRows, depth - inPhase);
      let packed = own + 1024, panelRows = next - row;
      if (transformed) {
        packed = transformed + (<usize>(panel * rows + row) << 5), panelRows = rows;
      } else {
        transformPhasePanels(
          filter, packed, packedPoint, panelRows, backward ? row / depth : phase, panel, last, inPhase,
          inPhase + panelRows,
          depth, columns, backward, own,
        );
      }
      for (let point = 0; point < PHASE_POINTS; point++) {
        multiply(
          input + point * inputPoint + (<usize>row << 2), rows, packed + point * packedPoint, panelRows,
          product + point * productPoint + (<usize>panel << 5),
          tiles, next - row, columns, last - panel, columns - (panel << 3), row > 0, own,
        );
      }
    }
  }
}

/** The third step: transforms and stores the output of a phase. Items are tiles. */
export function phaseOutput(
  begin: i32, end: i32,
  product: usize, y: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, columns: i32, phase: i32, backward: i32, bias: usize, relu: i32,
): void {
  const source = product + (<usize>(begin * columns) << 2);
  const own = ownScratch(scratch, scratchBytes);
  storeOutput(
    begin, end, source, pointStride(tiles, columns), y, own, height, width, columns, phase, backward, bias,
    relu,
  );
}

/**
 * The first step of the filter's gradient, which `winogradGradientProducts` goes on with: transforms the tiles from
 * `first` on of a phase of the output's gradient, and of the input. Items are tiles; `blockTiles` is how many the
 * matrices have room for.
 */
export function phaseGradientTiles(
  begin: i32, end: i32,
  dy: usize, x: usize, gradient: usize, input: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  first: i32, blockTiles: i32, height: i32, width: i32, m: i32, n: i32, phase: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  transformPhaseGradient(
    first + begin, first + end, phaseGrid(dy, phase, width, m), height, width, m,
    gradient, begin, pointStride(blockTiles, m), GROUP_BYTES, blockTiles, zeros, own,
  );
  transformPhaseInput(
    first + begin, first + end, x, false, (phase >> 1) - 1, (phase & 1) - 1, height, width, n,
    input, begin, <usize>n << 2, pointStride(blockTiles, n), PANEL_BYTES, blockTiles, zeros, own,
  );
}

/**
 * Row y of phase p reads rows y - 1 + p and y + p of the small image; backward row y reads rows y - p and y + 1 - p of
 * the phase.
 */
function transformInput(
  first: i32, last: i32, x: usize, target: usize, row: i32, pointBytes: usize, zeros: usize, own: usize,
  height: i32, width: i32, depth: i32, phase: i32, backward: i32,
): void {
  const py = phase >> 1, px = phase & 1;
  if (backward) {
    transformPhaseInput(
      first, last, phaseGrid(x, phase, width, depth), true, -py, -px, height, width, depth,
      target + (<usize>(phase * depth) << 2), row, <usize>depth << 4, pointBytes, <usize>depth << 4, 0, zeros, own,
    );
  } else {
    transformPhaseInput(
      first, last, x, false, py - 1, px - 1, height, width, depth, target, row, <usize>depth << 2, pointBytes,
      <usize>depth << 2, 0, zeros, own,
    );
  }
}

function storeOutput(
  first: i32, last: i32, source: usize, pointBytes: usize, y: usize, own: usize,
  height: i32, width: i32, columns: i32, phase: i32, backward: i32, bias: usize, relu: i32,
): void {
  const base = backward ? y : phaseGrid(y, phase, width, columns);
  storePhaseTiles(first, last, source, pointBytes, base, !backward, own, height, width, columns, bias, relu);
}
