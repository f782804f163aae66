import { held } from './simd';
import { ownScratch } from './thread';
import { filterTransform, P, PP, Q, QQ } from './winograd';
import { pointStride } from './winogradTiles';

/** Transforms a 3×3 filter for `winogradConvolve`: 36 matrices of panels, see `transformPanels`. Items are panels. */
export function winogradFilter(
  begin: i32, end: i32,
  filter: usize, packed: usize, depth: i32, columns: i32, rowStride: i32, columnStride: i32, flip: i32,
  scratch: usize, scratchBytes: i32,
): void {
  const pointBytes = pointStride((columns + 7) & ~7, depth);
  const own = ownScratch(scratch, scratchBytes);
  const target = packed + (<usize>(begin * depth) << 5);
  transformPanels(filter, target, pointBytes, begin, end, 0, depth, depth, columns, rowStride, columnStride, flip, own);
}

/**
 * Transforms the rows from `firstRow` to `endRow` of panels of 8 columns of a 3×3 filter: for each of 36 points,
 * `pointBytes` apart, panels of as many rows of 8 values, filled up with zeros. Strides are those of `packFilter`; tap
 * i is tap i of the filter, or 8 - i if `flip`. `depth`, `columns` and the rows are multiples of 4; `own` is room for 1
 * KB. A row is read for all panels in turn, since the next may lie in another page of memory.
 */
export function transformPanels(
  filter: usize, target: usize, pointBytes: usize, panel: i32, panelEnd: i32, firstRow: i32, endRow: i32,
  depth: i32, columns: i32,
  rowStride: i32, columnStride: i32, flip: i32, own: usize,
): void {
  const tapBytes = <usize>(depth * columns) << 2;
  const rows = endRow - firstRow;
  const p = held(P, own), q = held(Q, own), pp = held(PP, own), qq = held(QQ, own);
  for (let row = firstRow; row < endRow; row += 4) {
    for (let column = panel << 3; column < panelEnd << 3; column += 4) {
      let point = target + (<usize>(((column >> 3) - panel) * rows + row - firstRow) << 5) + ((column & 4) << 2);
      let taps = filter + (<usize>(row * rowStride + column * columnStride) << 2);
      let tapStep = tapBytes, rowStep = <usize>rowStride << 2;
      if (columnStride > 1 || column >= columns) {
        for (let tap: usize = 0; tap < 9; tap++, taps += tapBytes) {
          gatherTap(taps, own + (tap << 6), column < columns, columnStride);
        }
        taps = own, tapStep = 64, rowStep = 16;
      }
      if (flip) taps += 8 * tapStep, tapStep = -tapStep;
      for (let r = 0; r < 4; r++, point += 32, taps += rowStep) {
        filterTransform(p, q, pp, qq, taps, 3 * tapStep, tapStep, point, pointBytes);
      }
    }
  }
}

/**
 * 4 rows × 4 columns of a tap, the columns side by side: `source` holds the rows so, the columns `columnStride` apart.
 * Zeros unless `inside`.
 */
// @ts-ignore: decorator
@inline
export function gatherTap(source: usize, target: usize, inside: bool, columnStride: i32): void {
  if (!inside) {
    memory.fill(target, 0, 64);
    return;
  }
  const stride = <usize>columnStride << 2;
  const a = v128.load(source), b = v128.load(source + stride);
  const c = v128.load(source + 2 * stride), d = v128.load(source + 3 * stride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(target, v128.shuffle<f64>(ab, cd, 1, 3), 16);
  v128.store(target, v128.shuffle<f64>(ab2, cd2, 0, 2), 32);
  v128.store(target, v128.shuffle<f64>(ab2, cd2, 1, 3), 48);
}
