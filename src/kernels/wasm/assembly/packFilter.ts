import { load1, load4, store1, store4 } from './simd';

/**
 * Packs a filter for `convolve`: panels of 8 columns, in each the taps one after the other, in each `depth` rows of 8
 * values, the last panel filled up with zeros. Items are panels.
 *
 * Tap (i, j) of the result is tap (firstY + i·stepY, firstX + j·stepX) of the filter, which is `width` taps wide.
 * Element (row, column) of a tap lies at row·rowStride + column·columnStride; one of the two strides is 1.
 */
export function packFilter(
  begin: i32, end: i32,
  filter: usize, packed: usize, depth: i32, columns: i32, rowStride: i32, columnStride: i32,
  width: i32, tapsY: i32, tapsX: i32, firstY: i32, firstX: i32, stepY: i32, stepX: i32,
): void {
  const taps = tapsY * tapsX;
  for (let i = 0; i < tapsY; i++) {
    for (let j = 0; j < tapsX; j++) {
      const tap = (firstY + i * stepY) * width + firstX + j * stepX;
      const source = filter + (<usize>(tap * depth * columns) << 2);
      const target = packed + (<usize>((i * tapsX + j) * depth) << 5);
      const panelBytes = <usize>(taps * depth) << 5;
      if (columnStride == 1) {
        packRows(source, target, panelBytes, begin, end, depth, columns, rowStride);
        continue;
      }
      for (let panel = begin; panel < end; panel++) {
        const first = source + (<usize>(panel << 3) * columnStride << 2);
        packColumns(first, target + panel * panelBytes, depth, min(8, columns - (panel << 3)), columnStride);
      }
    }
  }
}

/** Packs one matrix [depth, columns], element (row, column) of which lies at row·rowStride + column·columnStride. */
export function packMatrix(
  source: usize, target: usize, depth: i32, columns: i32, rowStride: i32, columnStride: i32,
): void {
  const panels = (columns + 7) >> 3;
  const panelBytes = <usize>depth << 5;
  if (columnStride == 1) {
    packRows(source, target, panelBytes, 0, panels, depth, columns, rowStride);
    return;
  }
  for (let panel = 0; panel < panels; panel++) {
    const first = source + (<usize>(panel << 3) * columnStride << 2);
    packColumns(first, target + panel * panelBytes, depth, min(8, columns - (panel << 3)), columnStride);
  }
}

/** Panels of a filter whose columns are neighbours, row by row: the next row may lie in another page of memory. */
function packRows(
  source: usize, target: usize, panelBytes: usize, begin: i32, end: i32, depth: i32, columns: i32, stride: i32,
): void {
  for (let k = 0; k < depth; k++) {
    for (let panel = begin; panel < end; panel++) {
      const from = source + (<usize>(k * stride + (panel << 3)) << 2);
      const to = target + panel * panelBytes + (<usize>k << 5);
      const count = columns - (panel << 3);
      if (count >= 8) {
        store4(to, 0, load4(from, 0));
        store4(to, 4, load4(from, 4));
      } else {
        for (let c = 0; c < 8; c++) store1(to, c, c < count ? load1(from, c) : 0);
      }
    }
  }
}

/** Up to 8 columns of neighbours, transposed in blocks of 4 × 4. */
function packColumns(source: usize, target: usize, depth: i32, count: i32, stride: i32): void {
  let k = 0;
  if (count == 8) {
    for (; k + 4 <= depth; k += 4) {
      transpose4(source + (<usize>k << 2), stride, target + (<usize>k << 5));
      transpose4(source + (<usize>(k + 4 * stride) << 2), stride, target + (<usize>k << 5) + 16);
    }
  }
  for (; k < depth; k++) {
    for (let c = 0; c < 8; c++) {
      store1(target + (<usize>k << 5), c, c < count ? load1(source, c * stride + k) : 0);
    }
  }
}

/** Four columns of four values, `stride` apart, as rows that lie 8 apart. */
// @ts-ignore: decorator
@inline
function transpose4(source: usize, stride: i32, target: usize): void {
  const a = load4(source, 0);
  const b = load4(source, stride);
  const c = load4(source, 2 * stride);
  const d = load4(source, 3 * stride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  store4(target, 0, v128.shuffle<f64>(ab, cd, 0, 2));
  store4(target, 8, v128.shuffle<f64>(ab, cd, 1, 3));
  store4(target, 16, v128.shuffle<f64>(ab2, cd2, 0, 2));
  store4(target, 24, v128.shuffle<f64>(ab2, cd2, 1, 3));
}
