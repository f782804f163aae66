import {
  DP, DQ, P, phaseFilterTransform, phaseInputTransform, phaseOutputAdjoint, phaseOutputTransform, PP, Q, QQ,
} from './phaseTransforms';
import { held } from './simd';
import { gatherTap } from './winogradFilter';
import { pixel, tileAddresses } from './winogradTiles';

/**
 * Tiles of one phase of an image of twice the size, or of the small image itself. A grid of `height` × `width` pixels
 * lies at `base`: of the small image its pixels one after the other, of the large one every second pixel of every
 * second row.
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
 * Transforms tiles of 5 × 5 pixels, 4 apart and moved by (offsetY, offsetX), each into one row of `channels` values of
 * the 25 matrices that start `pointBytes` apart at `target`. Their rows have `to` bytes, cut into groups as in
 * `transformInputTiles`. `own` is room for 1 KB; `channels` is a multiple of 4.
 */
export function transformPhaseInput(
  first: i32, last: i32, base: usize, large: bool, offsetY: i32, offsetX: i32, height: i32, width: i32, channels: i32,
  target: usize, row: i32, to: usize, pointBytes: usize, groupBytes: usize, matrixRows: i32, zeros: usize, own: usize,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 128;
  const bytes = <usize>channels << 2;
  const rowBytes = gridRow(width, channels, large);
  const p = held(P, own), q = held(Q, own), pp = held(-PP, own), qq = held(-QQ, own);
  const sum = held(-PP - QQ, own), product = held(PP * QQ, own);
  for (let t = first; t < last; t++, row++) {
    const inImage = t % tilesOfImage;
    const top = (inImage / tilesX << 2) + offsetY;
    const left = (inImage % tilesX << 2) + offsetX;
    const image = base + (t / tilesOfImage) * height * rowBytes;
    tileAddresses(own, image, top, left, 5, height, width, rowBytes, large ? bytes << 1 : bytes, zeros);
    for (let group: usize = 0; group < bytes; group += groupBytes) {
      const groupRow = min(groupBytes, to - group);
      let place = target + group * matrixRows + row * groupRow;
      for (let offset = group; offset < min(group + groupBytes, bytes); offset += 16, place += 16) {
        for (let j: usize = 0; j < 5; j++) {
          phaseInputTransform(
            p, q, pp, qq, sum, product,
            pixel(own, j, offset), pixel(own, j + 5, offset), pixel(own, j + 10, offset),
            pixel(own, j + 15, offset), pixel(own, j + 20, offset), columns + (j << 4), 80,
          );
        }
        for (let i: usize = 0; i < 5; i++) {
          const middle = columns + i * 80;
          phaseInputTransform(
            p, q, pp, qq, sum, product,
            v128.load(middle), v128.load(middle, 16), v128.load(middle, 32), v128.load(middle, 48),
            v128.load(middle, 64),
            place + 5 * i * pointBytes, pointBytes,
          );
        }
      }
    }
  }
}

/** The same for tiles of 4 × 4 pixels of one phase of the large image, the gradient of the output. */
export function transformPhaseGradient(
  first: i32, last: i32, base: usize, height: i32, width: i32, channels: i32,
  target: usize, row: i32, pointBytes: usize, groupBytes: usize, matrixRows: i32, zeros: usize, own: usize,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 128;
  const bytes = <usize>channels << 2;
  const rowBytes = gridRow(width, channels, true);
  const p = held(P, own), q = held(Q, own), pp = held(PP, own), qq = held(QQ, own);
  for (let t = first; t < last; t++, row++) {
    const inImage = t % tilesOfImage;
    const image = base + (t / tilesOfImage) * height * rowBytes;
    tileAddresses(
      own, image, inImage / tilesX << 2, inImage % tilesX << 2, 4, height, width, rowBytes, bytes << 1, zeros,
    );
    for (let group: usize = 0; group < bytes; group += groupBytes) {
      const groupRow = min(groupBytes, bytes - group);
      let place = target + group * matrixRows + row * groupRow;
      for (let offset = group; offset < min(group + groupBytes, bytes); offset += 16, place += 16) {
        for (let j: usize = 0; j < 4; j++) {
          phaseOutputAdjoint(
            p, q, pp, qq,
            pixel(own, j, offset), pixel(own, j + 4, offset), pixel(own, j + 8, offset), pixel(own, j + 12, offset),
            columns + (j << 4), 64,
          );
        }
        for (let i: usize = 0; i < 5; i++) {
          const middle = columns + (i << 6);
          phaseOutputAdjoint(
            p, q, pp, qq,
            v128.load(middle), v128.load(middle, 16), v128.load(middle, 32), v128.load(middle, 48),
            place + 5 * i * pointBytes, pointBytes,
          );
        }
      }
    }
  }
}

/**
 * Transforms one row of each of 25 matrices into 4 × 4 pixels of a grid, and stores those inside it; `bias` and `relu`
 * as elsewhere.
 */
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
  const dp = held(1 / DP, own), dq = held(1 / DQ, own), dpp = held(P / DP, own), dqq = held(Q / DQ, own);
  const pp = held(PP, own), qq = held(QQ, own);
  for (let t = first; t < last; t++, source += bytes) {
    const inImage = t % tilesOfImage;
    const top = inImage / tilesX << 2;
    const left = inImage % tilesX << 2;
    const rows = min(4, height - top);
    const pixels = min(4, width - left);
    const target = base + ((t / tilesOfImage) * height + top) * rowBytes + left * pixelBytes;
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      for (let j: usize = 0; j < 5; j++) {
        phaseOutputTransform(
          dp, dq, dpp, dqq, pp, qq, source + offset + j * pointBytes, 5 * pointBytes, own + (j << 4), 80,
        );
      }
      const shift = bias ? v128.load(bias + offset) : f32x4.splat(0);
      for (let i = 0; i < rows; i++) {
        phaseOutputTransform(dp, dq, dpp, dqq, pp, qq, own + i * 80, 16, part, 16);
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
 * Transforms the rows from `firstRow` to `endRow` of panels of 8 columns of the 2×2 filter of one phase of [4, 4, out,
 * in]: 25 matrices, `pointBytes` apart, of panels `panelRows` rows of 8 values apart, filled up with zeros. Forward
 * (`backward` 0) rows are the `in` channels and columns the `out`; backward it is the other way round.
 */
export function transformPhasePanels(
  filter: usize, target: usize, pointBytes: usize, panelRows: i32, phase: i32, panel: i32, panelEnd: i32,
  firstRow: i32, endRow: i32,
  depth: i32, columns: i32, backward: i32, own: usize,
): void {
  const tapBytes = <usize>(depth * columns) << 2;
  const rowStride = backward ? columns : 1, columnStride = backward ? 1 : depth;
  const firstY = (backward ? 1 : 3) - (phase >> 1), firstX = (backward ? 1 : 3) - (phase & 1);
  const step = (backward ? 2 : -2) * tapBytes;
  const p = held(P, own), q = held(Q, own);
  filter += (4 * firstY + firstX) * tapBytes;
  for (let row = firstRow; row < endRow; row += 4) {
    for (let column = panel << 3; column < panelEnd << 3; column += 4) {
      let point = target + (<usize>(((column >> 3) - panel) * panelRows + row - firstRow) << 5) + ((column & 4) << 2);
      let taps = filter + (<usize>(row * rowStride + column * columnStride) << 2);
      let yStep = 4 * step, xStep = step, rowStep = <usize>rowStride << 2;
      if (!backward || column >= columns) {
        for (let tap: usize = 0; tap < 4; tap++) {
          gatherTap(taps + (tap >> 1) * yStep + (tap & 1) * xStep, own + (tap << 6), column < columns, columnStride);
        }
        taps = own, yStep = 128, xStep = 64, rowStep = 16;
      }
      for (let r = 0; r < 4; r++, point += 32, taps += rowStep) {
        phaseFilterTransform(p, q, taps, yStep, xStep, point, pointBytes);
      }
    }
  }
}
