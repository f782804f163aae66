import { fma, load4 } from './simd';
import { storeRow } from './tile';

/**
 * One register tile of a filter's gradient: 6 rows × 8 columns, summed over `count` pairs of pixels and stored in rows
 * `rowBytes` apart. The pixels' channels lie at every `aStep` bytes from `a` and every `bStep` from `b` on, with a
 * `table` (then `bStep` is 0) at the offsets from `b` that are each second of its words. Starts from what `target`
 * holds unless `fresh`, and reads up to 28 bytes past the last pixel's channels, which the allocator's own bookkeeping
 * at the end of its memory keeps in bounds.
 */
export function gradientTile(
  table: usize, count: i32, a: usize, b: usize, aStep: usize, bStep: usize, target: usize, rowBytes: usize,
  rows: i32, columns: i32, fresh: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00;
  let c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  let c40 = c00, c41 = c00;
  let c50 = c00, c51 = c00;
  if (!fresh && columns == 8) {
    c00 = load4(target, 0), c01 = load4(target, 4);
    if (rows > 1) c10 = v128.load(target + 1 * rowBytes), c11 = v128.load(target + 1 * rowBytes, 16);
    if (rows > 2) c20 = v128.load(target + 2 * rowBytes), c21 = v128.load(target + 2 * rowBytes, 16);
    if (rows > 3) c30 = v128.load(target + 3 * rowBytes), c31 = v128.load(target + 3 * rowBytes, 16);
    if (rows > 4) c40 = v128.load(target + 4 * rowBytes), c41 = v128.load(target + 4 * rowBytes, 16);
    if (rows > 5) c50 = v128.load(target + 5 * rowBytes), c51 = v128.load(target + 5 * rowBytes, 16);
  } else if (!fresh) {
    c00 = loadRow(target, 0, columns), c01 = loadRow(target, 4, columns);
    if (rows > 1) c10 = loadRow(target + 1 * rowBytes, 0, columns), c11 = loadRow(target + 1 * rowBytes, 4, columns);
    if (rows > 2) c20 = loadRow(target + 2 * rowBytes, 0, columns), c21 = loadRow(target + 2 * rowBytes, 4, columns);
    if (rows > 3) c30 = loadRow(target + 3 * rowBytes, 0, columns), c31 = loadRow(target + 3 * rowBytes, 4, columns);
    if (rows > 4) c40 = loadRow(target + 4 * rowBytes, 0, columns), c41 = loadRow(target + 4 * rowBytes, 4, columns);
    if (rows > 5) c50 = loadRow(target + 5 * rowBytes, 0, columns), c51 = loadRow(target + 5 * rowBytes, 4, columns);
  }
  for (let i = 0; i < count; i++) {
    const pa = a, pb = table == 0 ? b : b + load<u32>(table + (<usize>i << 3), 4);
    a += aStep, b += bStep;
    const b0 = v128.load(pb), b1 = v128.load(pb, 16);
    let v = v128.load32_splat(pa);
    c00 = fma(v, b0, c00), c01 = fma(v, b1, c01);
    v = v128.load32_splat(pa, 4);
    c10 = fma(v, b0, c10), c11 = fma(v, b1, c11);
    v = v128.load32_splat(pa, 8);
    c20 = fma(v, b0, c20), c21 = fma(v, b1, c21);
    v = v128.load32_splat(pa, 12);
    c30 = fma(v, b0, c30), c31 = fma(v, b1, c31);
    v = v128.load32_splat(pa, 16);
    c40 = fma(v, b0, c40), c41 = fma(v, b1, c41);
    v = v128.load32_splat(pa, 20);
    c50 = fma(v, b0, c50), c51 = fma(v, b1, c51);
  }
  storeRow(target, columns, c00, c01);
  if (rows > 1) storeRow(target + 1 * rowBytes, columns, c10, c11);
  if (rows > 2) storeRow(target + 2 * rowBytes, columns, c20, c21);
  if (rows > 3) storeRow(target + 3 * rowBytes, columns, c30, c31);
  if (rows > 4) storeRow(target + 4 * rowBytes, columns, c40, c41);
  if (rows > 5) storeRow(target + 5 * rowBytes, columns, c50, c51);
}

/** The same with 4 rows. */
export function gradientTile4(
  table: usize, count: i32, a: usize, b: usize, aStep: usize, bStep: usize, target: usize, rowBytes: usize,
  rows: i32, columns: i32, fresh: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00;
  let c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  if (!fresh && columns == 8) {
    c00 = load4(target, 0), c01 = load4(target, 4);
    if (rows > 1) c10 = v128.load(target + 1 * rowBytes), c11 = v128.load(target + 1 * rowBytes, 16);
    if (rows > 2) c20 = v128.load(target + 2 * rowBytes), c21 = v128.load(target + 2 * rowBytes, 16);
    if (rows > 3) c30 = v128.load(target + 3 * rowBytes), c31 = v128.load(target + 3 * rowBytes, 16);
  } else if (!fresh) {
    c00 = loadRow(target, 0, columns), c01 = loadRow(target, 4, columns);
    if (rows > 1) c10 = loadRow(target + 1 * rowBytes, 0, columns), c11 = loadRow(target + 1 * rowBytes, 4, columns);
    if (rows > 2) c20 = loadRow(target + 2 * rowBytes, 0, columns), c21 = loadRow(target + 2 * rowBytes, 4, columns);
    if (rows > 3) c30 = loadRow(target + 3 * rowBytes, 0, columns), c31 = loadRow(target + 3 * rowBytes, 4, columns);
  }
  for (let i = 0; i < count; i++) {
    const pa = a, pb = table == 0 ? b : b + load<u32>(table + (<usize>i << 3), 4);
    a += aStep, b += bStep;
    const b0 = v128.load(pb), b1 = v128.load(pb, 16);
    let v = v128.load32_splat(pa);
    c00 = fma(v, b0, c00), c01 = fma(v, b1, c01);
    v = v128.load32_splat(pa, 4);
    c10 = fma(v, b0, c10), c11 = fma(v, b1, c11);
    v = v128.load32_splat(pa, 8);
    c20 = fma(v, b0, c20), c21 = fma(v, b1, c21);
    v = v128.load32_splat(pa, 12);
    c30 = fma(v, b0, c30), c31 = fma(v, b1, c31);
  }
  storeRow(target, columns, c00, c01);
  if (rows > 1) storeRow(target + 1 * rowBytes, columns, c10, c11);
  if (rows > 2) storeRow(target + 2 * rowBytes, columns, c20, c21);
  if (rows > 3) storeRow(target + 3 * rowBytes, columns, c30, c31);
}

/** Four of the `columns` values of a row from `first` on, zeros past its end. */
function loadRow(row: usize, first: i32, columns: i32): v128 {
  let value = f32x4.splat(0);
  row += <usize>first << 2;
  columns -= first;
  if (columns > 3) return v128.load(row);
  if (columns > 0) value = v128.load_lane<f32>(row, value, 0);
  if (columns > 1) value = v128.load_lane<f32>(row, value, 1, 4);
  if (columns > 2) value = v128.load_lane<f32>(row, value, 2, 8);
  return value;
}
