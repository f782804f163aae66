import {
  phaseFilterTransform, phaseInputTransform, phaseOutputAdjoint, phaseOutputTransform,
} from './phaseTransforms';
import { gatherTap } from './winogradFilter';
import { pixel, tileAddresses } from './winogradTiles';

/**
 * Tiles of one phase of an image of twice the size, or of the small image itself. A grid of `height` × `width` pixels lies at `base`:
 * of the small image its pixels one after the other, of the large one every second pixel of every second row.
 */

/** Points of a transformed tile, 5 × 5. */
export const PHASE_POINTS: i32 = 25;

/** Bytes from one row of a grid to the next. */
// @ts-ignore: decorator
@inline
function gridRow(width: i32, channels: i32, large: bool): usize {
  return <usize>(width * channels) << (large ? 4 : 2);
}

/** Where the grid of a phase begins in the large image at `base`. */
// @ts-ignore: decorator
@inline
export function phaseGrid(base: usize, phase: i32, width: i32, channels: i32): usize {
  return base + (<usize>((phase >> 1) * 2 * width + (phase & 1)) * channels << 2);
}

/**
 * Transforms tiles of 5 × 5 pixels, 4 apart and moved by (offsetY, offsetX), each into one row of `channels` values, rows `to` bytes
 * apart, of the 25 matrices that start `pointBytes` apart at `target`. `own` is room for 1 KB; `channels` is a multiple of 4.
 */
export function transformPhaseInput(
  first: i32, last: i32, base: usize, large: bool, offsetY: i32, offsetX: i32, height: i32, width: i32, channels: i32,
  target: usize, to: usize, pointBytes: usize, zeros: usize, own: usize,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 128;
  const bytes = <usize>channels << 2;
  const rowBytes = gridRow(width, channels, large);
  for (let t = first; t < last; t++, target += to) {
    const inImage = t % tilesOfImage;
    const top = (inImage / tilesX << 2) + offsetY;
    const left = (inImage % tilesX << 2) + offsetX;
    const image = base + (t / tilesOfImage) * height * rowBytes;
    tileAddresses(own, image, top, left, 5, height, width, rowBytes, large ? bytes << 1 : bytes, zeros);
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      for (let j: usize = 0; j < 5; j++) {
        phaseInputTransform(
          pixel(own, j, offset), pixel(own, j + 5, offset), pixel(own, j + 10, offset),
          pixel(own, j + 15, offset), pixel(own, j + 20, offset), columns + (j << 4), 80,
        );
      }
      for (let i: usize = 0; i < 5; i++) {
        const row = columns + i * 80;
        phaseInputTransform(
          v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48), v128.load(row, 64),
          target + offset + 5 * i * pointBytes, pointBytes,
        );
      }
    }
  }
}

/** The same for tiles of 4 × 4 pixels of one phase of the large image, the gradient of the output. */
export function transformPhaseGradient(
  first: i32, last: i32, base: usize, height: i32, width: i32, channels: i32,
  target: usize, to: usize, pointBytes: usize, zeros: usize, own: usize,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 128;
  const bytes = <usize>channels << 2;
  const rowBytes = gridRow(width, channels, true);
  for (let t = first; t < last; t++, target += to) {
    const inImage = t % tilesOfImage;
    const image = base + (t / tilesOfImage) * height * rowBytes;
    tileAddresses(own, image, inImage / tilesX << 2, inImage % tilesX << 2, 4, height, width, rowBytes, bytes << 1, zeros);
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      for (let j: usize = 0; j < 4; j++) {
        phaseOutputAdjoint(
          pixel(own, j, offset), pixel(own, j + 4, offset), pixel(own, j + 8, offset), pixel(own, j + 12, offset),
          columns + (j << 4), 64,
        );
      }
      for (let i: usize = 0; i < 5; i++) {
        const row = columns + (i << 6);
        phaseOutputAdjoint(
          v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48),
          target + offset + 5 * i * pointBytes, pointBytes,
        );
      }
    }
  }
}

/** Transforms one row of each of 25 matrices into 4 × 4 pixels of a grid, and stores those inside it; `bias` and `relu` as elsewhere. */
export function storePhaseTiles(
  first: i32, last: i32, source: usize, pointBytes: usize, base: usize, large: bool, own: usize,
  height: i32, width: i32, channels: i32, bias: usize, relu: i32,
): void {
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const bytes = <usize>channels << 2;
  const pixelBytes = large ? bytes << 1 : bytes;
  const rowBytes = gridRow(width, channels, large);
  const part = own + 320;
  for (let t = first; t < last; t++, source += bytes) {
    const inImage = t % tilesOfImage;
    const top = inImage / tilesX << 2;
    const left = inImage % tilesX << 2;
    const rows = min(4, height - top);
    const pixels = min(4, width - left);
    const target = base + ((t / tilesOfImage) * height + top) * rowBytes + left * pixelBytes;
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      for (let j: usize = 0; j < 5; j++) phaseOutputTransform(source + offset + j * pointBytes, 5 * pointBytes, own + (j << 4), 80);
      const shift = bias ? v128.load(bias + offset) : f32x4.splat(0);
      for (let i = 0; i < rows; i++) {
        phaseOutputTransform(own + i * 80, 16, part, 16);
        const row = target + offset + i * rowBytes;
        for (let j = 0; j < pixels; j++) {
          const value = v128.load(part + (<usize>j << 4));
          v128.store(row + j * pixelBytes, bias ? f32x4.max(f32x4.add(value, shift), floor) : value);
        }
      }
    }
  }
}

/**
 * Transforms panels of 8 columns of the 2×2 filter of one phase of [4, 4, out, in]: 25 matrices, `pointBytes` apart, of panels of
 * `rows` rows of 8 values, filled up with zeros. Forward (`backward` 0) rows are the `in` channels and columns the `out`; backward it
 * is the other way round, and the rows of phase p begin at p · out: a product sums over all phases.
 */
export function transformPhasePanels(
  filter: usize, target: usize, pointBytes: usize, phase: i32, panel: i32, panelEnd: i32, depth: i32, columns: i32, backward: i32, own: usize,
): void {
  const tapFloats = depth * columns;
  const rows = backward ? 4 * depth : depth;
  const rowStride = backward ? columns : 1, columnStride = backward ? 1 : depth;
  const firstY = (backward ? 1 : 3) - (phase >> 1), firstX = (backward ? 1 : 3) - (phase & 1);
  const step = backward ? 2 : -2;
  const middle = own + 256;
  if (backward) target += <usize>(phase * depth) << 5;
  for (let row = 0; row < depth; row += 4) {
    const count = min(4, depth - row);
    for (let column = panel << 3; column < panelEnd << 3; column += 4) {
      let point = target + (<usize>(((column >> 3) - panel) * rows + row) << 5) + ((column & 4) << 2);
      for (let tap = 0; tap < 4; tap++) {
        const from = (firstY + (tap >> 1) * step) * 4 + firstX + (tap & 1) * step;
        gatherTap(filter + (<usize>(from * tapFloats) << 2), own + (tap << 6), row, column, depth, columns, rowStride, columnStride);
      }
      for (let r = 0; r < count; r++, point += 32) {
        const taps = own + (r << 4);
        phaseFilterTransform(v128.load(taps), v128.load(taps, 128), middle, 32);
        phaseFilterTransform(v128.load(taps, 64), v128.load(taps, 192), middle + 16, 32);
        for (let i: usize = 0; i < 5; i++) {
          phaseFilterTransform(v128.load(middle + (i << 5)), v128.load(middle + (i << 5), 16), point + 5 * i * pointBytes, pointBytes);
        }
      }
    }
  }
}
