import { fma, store4 } from './simd';

/** Rows of the larger register tile, and of a table's groups. */
export const TILE_ROWS: i32 = 6;

/** Rows of the tile that comes next where `rest` rows are left: 6, or 4 where that leaves fewer without work. */
// @ts-ignore: decorator
@inline
export function rowsOfTile(rest: i32): i32 {
  return rest <= 4 || rest == 7 || rest == 8 ? 4 : TILE_ROWS;
}

/**
 * First row of the `index`-th of the tiles that cover `rows` rows, `(rows + 5) / 6` of them: the last two have 4 where
 * that fits.
 */
// @ts-ignore: decorator
@inline
export function rowOfTile(index: i32, rows: i32): i32 {
  const row = index * TILE_ROWS;
  return index > 0 && (rows - row == 1 || rows - row == 2) ? row - 2 : row;
}

/**
 * One register tile of a matrix product: 6 rows × 8 columns, summed over `taps` groups of `depth` products.
 *
 * `table` holds for each tap the addresses of the 6 rows' values (0 in the first: the tap adds nothing), then those of
 * the 6 rows of the result. `b` are `taps · depth` rows of 8 values. Twelve sums, two values of `b` and one of a row
 * fill the sixteen registers. Only `rows` rows and `columns` columns are stored. The sums start from the 8 values at
 * `bias`, unless that is 0, or, where `add`, from what the result holds (8 columns are read); with `relu`, what is
 * below zero is stored as zero.
 */
export function tile6x8(
  table: usize, taps: i32, depth: i32, b: usize, column: usize, rows: i32, columns: i32, add: bool = false,
  bias: usize = 0,
  relu: bool = false,
): void {
  let c00 = f32x4.splat(0), c01 = c00;
  if (bias) c00 = v128.load(bias), c01 = v128.load(bias, 16);
  let c10 = c00, c11 = c01, c20 = c00, c21 = c01;
  let c30 = c00, c31 = c01, c40 = c00, c41 = c01, c50 = c00, c51 = c01;
  if (add) {
    const result = table + 24 * taps;
    let row = <usize>load<u32>(result) + column;
    c00 = v128.load(row), c01 = v128.load(row, 16);
    row = <usize>load<u32>(result, 4) + column;
    c10 = v128.load(row), c11 = v128.load(row, 16);
    row = <usize>load<u32>(result, 8) + column;
    c20 = v128.load(row), c21 = v128.load(row, 16);
    row = <usize>load<u32>(result, 12) + column;
    c30 = v128.load(row), c31 = v128.load(row, 16);
    row = <usize>load<u32>(result, 16) + column;
    c40 = v128.load(row), c41 = v128.load(row, 16);
    row = <usize>load<u32>(result, 20) + column;
    c50 = v128.load(row), c51 = v128.load(row, 16);
  }
  for (let tap = 0; tap < taps; tap++, table += 24) {
    let a0 = <usize>load<u32>(table);
    if (a0 == 0) {
      b += <usize>depth << 5;
      continue;
    }
    let a1 = <usize>load<u32>(table, 4), a2 = <usize>load<u32>(table, 8), a3 = <usize>load<u32>(table, 12);
    let a4 = <usize>load<u32>(table, 16), a5 = <usize>load<u32>(table, 20);
    let k = depth;
    for (; k >= 4; k -= 4) {
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4);
      c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5);
      c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);

      b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      a = v128.load32_splat(a0, 4);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 4);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 4);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 4);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4, 4);
      c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5, 4);
      c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);

      b0 = v128.load(b, 64), b1 = v128.load(b, 80);
      a = v128.load32_splat(a0, 8);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 8);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 8);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 8);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4, 8);
      c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5, 8);
      c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);

      b0 = v128.load(b, 96), b1 = v128.load(b, 112);
      a = v128.load32_splat(a0, 12);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 12);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 12);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 12);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4, 12);
      c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5, 12);
      c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);
      b += 128;
      a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16;
    }
    for (; k > 0; k--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4);
      c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5);
      c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);
      b += 32;
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4;
    }
  }
  if (relu) {
    const zero = f32x4.splat(0);
    c00 = f32x4.max(c00, zero), c01 = f32x4.max(c01, zero), c10 = f32x4.max(c10, zero), c11 = f32x4.max(c11, zero);
    c20 = f32x4.max(c20, zero), c21 = f32x4.max(c21, zero), c30 = f32x4.max(c30, zero), c31 = f32x4.max(c31, zero);
    c40 = f32x4.max(c40, zero), c41 = f32x4.max(c41, zero), c50 = f32x4.max(c50, zero), c51 = f32x4.max(c51, zero);
  }
  storeRow(<usize>load<u32>(table) + column, columns, c00, c01);
  if (rows > 1) storeRow(<usize>load<u32>(table, 4) + column, columns, c10, c11);
  if (rows > 2) storeRow(<usize>load<u32>(table, 8) + column, columns, c20, c21);
  if (rows > 3) storeRow(<usize>load<u32>(table, 12) + column, columns, c30, c31);
  if (rows > 4) storeRow(<usize>load<u32>(table, 16) + column, columns, c40, c41);
  if (rows > 5) storeRow(<usize>load<u32>(table, 20) + column, columns, c50, c51);
}

/**
 * The same with 4 rows, for the last rows of a matrix and for groups of 4: of as many as `table` has room for, 6, the
 * first 4 are read.
 */
export function tile4x8(
  table: usize, taps: i32, depth: i32, b: usize, column: usize, rows: i32, columns: i32, add: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  if (add) {
    const result = table + 24 * taps;
    let row = <usize>load<u32>(result) + column;
    c00 = v128.load(row), c01 = v128.load(row, 16);
    row = <usize>load<u32>(result, 4) + column;
    c10 = v128.load(row), c11 = v128.load(row, 16);
    row = <usize>load<u32>(result, 8) + column;
    c20 = v128.load(row), c21 = v128.load(row, 16);
    row = <usize>load<u32>(result, 12) + column;
    c30 = v128.load(row), c31 = v128.load(row, 16);
  }
  for (let tap = 0; tap < taps; tap++, table += 24) {
    let a0 = <usize>load<u32>(table);
    if (a0 == 0) {
      b += <usize>depth << 5;
      continue;
    }
    let a1 = <usize>load<u32>(table, 4), a2 = <usize>load<u32>(table, 8), a3 = <usize>load<u32>(table, 12);
    let k = depth;
    for (; k >= 4; k -= 4) {
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);

      b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      a = v128.load32_splat(a0, 4);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 4);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 4);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 4);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);

      b0 = v128.load(b, 64), b1 = v128.load(b, 80);
      a = v128.load32_splat(a0, 8);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 8);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 8);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 8);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);

      b0 = v128.load(b, 96), b1 = v128.load(b, 112);
      a = v128.load32_splat(a0, 12);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1, 12);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2, 12);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3, 12);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      b += 128;
      a0 += 16, a1 += 16, a2 += 16, a3 += 16;
    }
    for (; k > 0; k--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
      b += 32;
      a0 += 4, a1 += 4, a2 += 4, a3 += 4;
    }
  }
  storeRow(<usize>load<u32>(table) + column, columns, c00, c01);
  if (rows > 1) storeRow(<usize>load<u32>(table, 4) + column, columns, c10, c11);
  if (rows > 2) storeRow(<usize>load<u32>(table, 8) + column, columns, c20, c21);
  if (rows > 3) storeRow(<usize>load<u32>(table, 12) + column, columns, c30, c31);
}

/** Stores the first `columns` of 8 values. */
export function storeRow(target: usize, columns: i32, low: v128, high: v128): void {
  if (columns >= 8) {
    store4(target, 0, low);
    store4(target, 4, high);
    return;
  }
  if (columns >= 4) {
    store4(target, 0, low);
    target += 16;
    columns -= 4;
    low = high;
  }
  if (columns > 0) v128.store_lane<f32>(target, low, 0);
  if (columns > 1) v128.store_lane<f32>(target, low, 1, 4);
  if (columns > 2) v128.store_lane<f32>(target, low, 2, 8);
}
