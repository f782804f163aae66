import { exponentials, GROUP_BYTES, maskRow, partOf, product } from './dotAttention';
import { laneSum } from './exponential';
import { gradientTile, gradientTile4 } from './gradientTile';
import { fma, load1, load4, store1, store4 } from './simd';
import { ownScratch } from './thread';
import { rowsOfTile, TILE_ROWS } from './tile';

/**
 * The gradients of queries, keys and values, where there are many heads: items are heads of the batch. The weights are
 * computed once, for one block of queries after the other, whose parts of the gradients of keys and values are added.
 *
 * `keys` and `values` are packed across, `keysAlong` along; `mask` as in `attend`. Scratch holds for each thread a
 * table, two statistics, and the weights of a block and their gradients.
 */
export function attendGradient(
  begin: i32, end: i32,
  q: usize, dy: usize, keys: usize, values: usize, keysAlong: usize, dq: usize, dk: usize, dv: usize,
  mask: usize, scratch: usize, scratchBytes: i32,
  heads: i32, queries: i32, keyCount: i32, size: i32, valueSize: i32, blockRows: i32,
  keyFloats: i32, valueFloats: i32, alongFloats: i32, scale: f32,
  maskBatch: i32, maskHead: i32, maskQuery: i32, maskKey: i32,
): void {
  // Not a power of two, so that rows do not share the sets of the cache.
  const rowFloats = (keyCount + 7) & ~3;
  const table = ownScratch(scratch, scratchBytes);
  const statistics = table + <usize>((blockRows + 5) / TILE_ROWS) * GROUP_BYTES;
  const weights = statistics + 16;
  const slopes = weights + (<usize>blockRows * rowFloats << 2);
  const stride = heads * size, valueStride = heads * valueSize;
  const masked = mask != 0;
  for (let item = begin; item < end; item++) {
    const batch = item / heads;
    const head = item % heads;
    const across = keys + (<usize>item * keyFloats << 2);
    const along = keysAlong + (<usize>item * alongFloats << 2);
    const packed = values + (<usize>item * valueFloats << 2);
    const dKeys = partOf(dk, batch * keyCount, heads, head, size);
    const dValues = partOf(dv, batch * keyCount, heads, head, valueSize);
    for (let first = 0; first < queries; first += blockRows) {
      const rows = min(blockRows, queries - first);
      const rowOfAll = batch * queries + first;
      const qRows = partOf(q, rowOfAll, heads, head, size);
      const dyRows = partOf(dy, rowOfAll, heads, head, valueSize);
      product(table, qRows, stride, rows, size, across, keyCount, weights, rowFloats);
      product(table, dyRows, valueStride, rows, valueSize, packed, keyCount, slopes, rowFloats);
      for (let r = 0; r < rows; r++) {
        const row = weights + (<usize>r * rowFloats << 2);
        const at = batch * maskBatch + head * maskHead + (first + r) * maskQuery;
        if (masked) maskRow(row, keyCount, scale, mask + (<usize>at << 2), maskKey);
        exponentials(row, keyCount, masked ? 1 : scale, statistics);
        weightGradient(row, slopes + (<usize>r * rowFloats << 2), keyCount, load1(statistics, 1), scale);
      }
      const dqRows = partOf(dq, rowOfAll, heads, head, size);
      product(table, slopes, rowFloats, rows, keyCount, along, size, dqRows, stride);
      addProducts(slopes, rowFloats, rows, keyCount, qRows, stride, size, dKeys, first == 0);
      addProducts(weights, rowFloats, rows, keyCount, dyRows, valueStride, valueSize, dValues, first == 0);
    }
  }
}

/** Exponentials to weights, of which `inverse` is 1 / their sum, and gradients of weights to those of scores. */
function weightGradient(weight: usize, slope: usize, count: i32, inverse: f32, scale: f32): void {
  const inverses = f32x4.splat(inverse);
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const value = f32x4.mul(load4(weight, i), inverses);
    store4(weight, i, value);
    sums = fma(value, load4(slope, i), sums);
  }
  let sum = laneSum(sums);
  for (; i < count; i++) {
    const value = load1(weight, i) * inverse;
    store1(weight, i, value);
    sum += value * load1(slope, i);
  }
  sums = f32x4.splat(sum);
  const scales = f32x4.splat(scale);
  for (i = 0; i + 4 <= count; i += 4) {
    store4(slope, i, f32x4.mul(f32x4.mul(load4(weight, i), f32x4.sub(load4(slope, i), sums)), scales));
  }
  for (; i < count; i++) store1(slope, i, load1(weight, i) * (load1(slope, i) - sum) * scale);
}

/** result[key] += Σ weight[row][key] · value[row] over the rows, or puts it there if `fresh`; strides are in floats. */
function addProducts(
  weights: usize, rowFloats: i32, rows: i32, keyCount: i32, values: usize, stride: i32, size: i32, result: usize,
  fresh: bool,
): void {
  const step = <usize>rowFloats << 2, valueStep = <usize>stride << 2;
  for (let key = 0, next = 0; key < keyCount; key = next) {
    const left = keyCount - key;
    const keys = rowsOfTile(left);
    next = key + keys;
    const from = weights + (<usize>key << 2);
    for (let c = 0; c < size; c += 8) {
      const value = values + (<usize>c << 2), to = result + key * valueStep + (<usize>c << 2);
      const columns = min(8, size - c);
      if (keys == 4) gradientTile4(0, rows, from, value, step, valueStep, to, valueStep, left, columns, fresh);
      else gradientTile(0, rows, from, value, step, valueStep, to, valueStep, left, columns, fresh);
    }
  }
}
