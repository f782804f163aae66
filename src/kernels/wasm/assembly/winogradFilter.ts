import { ownScratch } from './thread';
import { filterTransform } from './winograd';
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
  transformPanels(filter, target, pointBytes, begin, end, depth, columns, rowStride, columnStride, flip, own);
}

/**
 * Transforms panels of 8 columns of a 3×3 filter: for each of 36 points, `pointBytes` apart, panels of `depth` rows of 8 values,
 * filled up with zeros. Strides are those of `packFilter`; tap i is tap i of the filter, or 8 - i if `flip`. `own` is room for 1 KB.
 * A row is read for all panels in turn, since the next may lie in another page of memory.
 */
export function transformPanels(
  filter: usize, target: usize, pointBytes: usize, panel: i32, panelEnd: i32, depth: i32, columns: i32,
  rowStride: i32, columnStride: i32, flip: i32, own: usize,
): void {
  const middle = own + 576;
  for (let row = 0; row < depth; row += 4) {
    const rows = min(4, depth - row);
    for (let column = panel << 3; column < panelEnd << 3; column += 4) {
      const inPanels = (column >> 3) - panel;
      let point = target + (<usize>(inPanels * depth + row) << 5) + ((column & 4) << 2);
      gatherTaps(filter, own, row, column, depth, columns, rowStride, columnStride, flip);
      for (let r = 0; r < rows; r++, point += 32) {
        for (let j: usize = 0; j < 3; j++) {
          const tap = own + (r << 4) + (j << 6);
          filterTransform(v128.load(tap), v128.load(tap, 192), v128.load(tap, 384), middle + (j << 4), 48);
        }
        for (let i: usize = 0; i < 6; i++) {
          const m = middle + i * 48;
          filterTransform(v128.load(m), v128.load(m, 16), v128.load(m, 32), point + 6 * i * pointBytes, pointBytes);
        }
      }
    }
  }
}

/** Nine taps, each 4 rows × 4 columns with the columns side by side, zeros outside the filter. */
function gatherTaps(
  filter: usize, taps: usize, row: i32, column: i32, depth: i32, columns: i32,
  rowStride: i32, columnStride: i32, flip: i32,
): void {
  for (let tap = 0; tap < 9; tap++, taps += 64) {
    const from = flip ? 8 - tap : tap;
    gatherTap(filter + (<usize>(from * depth * columns) << 2), taps, row, column, depth, columns, rowStride, columnStride);
  }
}

/** One of them, of the tap that begins at `filter`. */
// @ts-ignore: decorator
@inline
export function gatherTap(
  filter: usize, target: usize, row: i32, column: i32, depth: i32, columns: i32, rowStride: i32, columnStride: i32,
): void {
  const whole = row + 4 <= depth && column + 4 <= columns;
  const source = filter + (<usize>(row * rowStride + column * columnStride) << 2);
  if (whole && columnStride == 1) {
    for (let r = 0; r < 4; r++) v128.store(target + (r << 4), v128.load(source + (<usize>(r * rowStride) << 2)));
  } else if (whole) {
    const stride = <usize>columnStride << 2;
    const a = v128.load(source), b = v128.load(source + stride);
    const c = v128.load(source + 2 * stride), d = v128.load(source + 3 * stride);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f64>(ab, cd, 0, 2));
    v128.store(target, v128.shuffle<f64>(ab, cd, 1, 3), 16);
    v128.store(target, v128.shuffle<f64>(ab2, cd2, 0, 2), 32);
    v128.store(target, v128.shuffle<f64>(ab2, cd2, 1, 3), 48);
  } else {
    for (let r = 0; r < 4; r++) {
      for (let c = 0; c < 4; c++) {
        const inside = row + r < depth && column + c < columns;
        const value = inside ? load<f32>(source + (<usize>(r * rowStride + c * columnStride) << 2)) : 0;
        store<f32>(target + (r << 4) + (c << 2), value);
      }
    }
  }
}
