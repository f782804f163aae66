import { exp4, laneSum } from './exponential';
import { packMatrix } from './packFilter';
import { fma, load1, load4, loadPart, store1, store4, storePart } from './simd';
import { ownScratch } from './thread';
import { TILE_ROWS, tile6x8 } from './tile';

/** Bytes of a table of one group of rows for {@link tile6x8}, with one tap. */
export const GROUP_BYTES: usize = 2 * TILE_ROWS * 4;

/**
 * Packs the matrices of all heads of x [batch, tokens, heads · size]: with `along` the tokens are the depth of the
 * product and the channels its columns, without it the other way round. Items are matrices, of `floats` floats each.
 */
export function attentionPack(
  begin: i32, end: i32, x: usize, packed: usize, tokens: i32, heads: i32, size: i32, along: i32, floats: i32,
): void {
  const channels = heads * size;
  for (let item = begin; item < end; item++) {
    const source = x + (<usize>(item / heads * tokens * channels + item % heads * size) << 2);
    const target = packed + (<usize>item * floats << 2);
    if (along) packMatrix(source, target, tokens, size, channels, 1);
    else packMatrix(source, target, size, tokens, 1, channels);
  }
}

/** Rows of a matrix, `stride` floats apart, times packed panels: [rows, columns], its rows `outStride` apart. */
export function product(
  table: usize, a: usize, stride: i32, rows: i32, depth: i32, packed: usize, columns: i32, out: usize, outStride: i32,
): void {
  let group = table;
  for (let row = 0; row < rows; row += TILE_ROWS, group += GROUP_BYTES) {
    for (let r = 0; r < TILE_ROWS; r++) {
      const from = min(row + r, rows - 1);
      store<u32>(group + (r << 2), <u32>(a + (<usize>from * stride << 2)));
      store<u32>(group + (TILE_ROWS + r << 2), <u32>(out + (<usize>from * outStride << 2)));
    }
  }
  for (let column = 0; column < columns; column += 8) {
    group = table;
    for (let row = 0; row < rows; row += TILE_ROWS, group += GROUP_BYTES) {
      tile6x8(group, 1, depth, packed, <usize>column << 2, rows - row, columns - column);
    }
    packed += <usize>depth << 5;
  }
}

/** Address of what a head has of a row of [batch · tokens, heads · size]. */
// @ts-ignore: decorator
@inline
export function partOf(x: usize, row: i32, heads: i32, head: i32, size: i32): usize {
  return x + (<usize>((row * heads + head) * size) << 2);
}

/** scores = scores · scale + mask, of one row; the mask's values lie `stride` floats apart. */
export function maskRow(scores: usize, count: i32, scale: f32, mask: usize, stride: i32): void {
  for (let i = 0; i < count; i++) store1(scores, i, load1(scores, i) * scale + load1(mask, i * stride));
}

/**
 * e^(score · scale - greatest) in place of the scores of a row, with scale above zero. Stores the greatest scaled score
 * and 1 / Σ of the results to `statistics`.
 */
export function exponentials(row: usize, count: i32, scale: f32, statistics: usize): void {
  let tops = f32x4.splat(-Infinity as f32);
  let i = 0;
  for (; i + 4 <= count; i += 4) tops = f32x4.pmax(tops, load4(row, i));
  let top = max(
    max(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)),
    max(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)),
  );
  for (; i < count; i++) top = max(top, load1(row, i));
  top *= scale;
  tops = f32x4.splat(top);
  const scales = f32x4.splat(scale);
  let sums = f32x4.splat(0);
  for (i = 0; i + 4 <= count; i += 4) {
    const value = exp4(f32x4.sub(f32x4.mul(load4(row, i), scales), tops));
    sums = f32x4.add(sums, value);
    store4(row, i, value);
  }
  let sum = laneSum(sums);
  for (; i < count; i++) {
    const value = f32x4.extract_lane(exp4(f32x4.splat(load1(row, i) * scale - top)), 0);
    sum += value;
    store1(row, i, value);
  }
  store1(statistics, 0, top);
  store1(statistics, 1, <f32>1 / sum);
}

/**
 * y = softmax(scale · q · kᵀ + mask) · v for blocks of queries: items are heads of the batch times blocks.
 *
 * `keys` are packed across, `values` along, see {@link attentionPack}. `mask` is 0, or read at the strides of batch,
 * heads, queries and keys. `scale` is above zero. Scratch holds for each thread a table, two statistics a query of a
 * block, and its scores.
 */
export function attend(
  begin: i32, end: i32,
  q: usize, keys: usize, values: usize, y: usize, mask: usize, scratch: usize, scratchBytes: i32,
  heads: i32, queries: i32, keyCount: i32, size: i32, valueSize: i32, blockRows: i32,
  keyFloats: i32, valueFloats: i32, scale: f32,
  maskBatch: i32, maskHead: i32, maskQuery: i32, maskKey: i32,
): void {
  const blocks = (queries + blockRows - 1) / blockRows;
  const table = ownScratch(scratch, scratchBytes);
  const statistics = table + <usize>((blockRows + 5) / TILE_ROWS) * GROUP_BYTES;
  const scores = statistics + (<usize>blockRows << 3);
  const masked = mask != 0;
  for (let item = begin; item < end; item++) {
    const matrix = item / blocks;
    const batch = matrix / heads;
    const head = matrix % heads;
    const first = item % blocks * blockRows;
    const rows = min(blockRows, queries - first);
    const rowOfAll = batch * queries + first;
    const from = partOf(q, rowOfAll, heads, head, size);
    product(table, from, heads * size, rows, size, keys + (<usize>matrix * keyFloats << 2), keyCount, scores, keyCount);
    for (let r = 0; r < rows; r++) {
      const row = scores + (<usize>r * keyCount << 2);
      const at = batch * maskBatch + head * maskHead + (first + r) * maskQuery;
      if (masked) maskRow(row, keyCount, scale, mask + (<usize>at << 2), maskKey);
      exponentials(row, keyCount, masked ? 1 : scale, statistics + (<usize>r << 3));
    }
    const packed = values + (<usize>matrix * valueFloats << 2);
    const to = partOf(y, rowOfAll, heads, head, valueSize);
    product(table, scores, keyCount, rows, keyCount, packed, valueSize, to, heads * valueSize);
    for (let r = 0; r < rows; r++) {
      const inverse = load1(statistics, 2 * r + 1);
      const row = to + (<usize>r * heads * valueSize << 2);
      for (let c = 0; c < valueSize; c++) store1(row, c, load1(row, c) * inverse);
    }
  }
}

/**
 * The gradient of the queries, for blocks of them as in {@link attend}; `statistics` receives for each query of each
 * head its greatest score, 1 / Σ e^(score - greatest), and Σ weight · gradient of the weight.
 *
 * `keys` and `values` are packed across, `keysAlong` along.
 */
export function attendQueryGradient(
  begin: i32, end: i32,
  q: usize, dy: usize, keys: usize, values: usize, keysAlong: usize, dq: usize, statistics: usize,
  mask: usize, scratch: usize, scratchBytes: i32,
  heads: i32, queries: i32, keyCount: i32, size: i32, valueSize: i32, blockRows: i32,
  keyFloats: i32, valueFloats: i32, alongFloats: i32, scale: f32,
  maskBatch: i32, maskHead: i32, maskQuery: i32, maskKey: i32,
): void {
  const blocks = (queries + blockRows - 1) / blockRows;
  const table = ownScratch(scratch, scratchBytes);
  const weights = table + <usize>((blockRows + 5) / TILE_ROWS) * GROUP_BYTES;
  const slopes = weights + (<usize>blockRows * keyCount << 2);
  const masked = mask != 0;
  for (let item = begin; item < end; item++) {
    const matrix = item / blocks;
    const batch = matrix / heads;
    const head = matrix % heads;
    const first = item % blocks * blockRows;
    const rows = min(blockRows, queries - first);
    const rowOfAll = batch * queries + first;
    const stride = heads * size;
    const queryRows = partOf(q, rowOfAll, heads, head, size);
    const across = keys + (<usize>matrix * keyFloats << 2);
    product(table, queryRows, stride, rows, size, across, keyCount, weights, keyCount);
    const from = partOf(dy, rowOfAll, heads, head, valueSize);
    const packed = values + (<usize>matrix * valueFloats << 2);
    product(table, from, heads * valueSize, rows, valueSize, packed, keyCount, slopes, keyCount);
    for (let r = 0; r < rows; r++) {
      const row = weights + (<usize>r * keyCount << 2);
      const at = batch * maskBatch + head * maskHead + (first + r) * maskQuery;
      const results = statistics + (<usize>((matrix * queries + first + r) * 3) << 2);
      if (masked) maskRow(row, keyCount, scale, mask + (<usize>at << 2), maskKey);
      exponentials(row, keyCount, masked ? 1 : scale, results);
      const slope = slopes + (<usize>r * keyCount << 2);
      let sums = f32x4.splat(0);
      let i = 0;
      for (; i + 4 <= keyCount; i += 4) sums = fma(load4(row, i), load4(slope, i), sums);
      let sum = laneSum(sums);
      for (; i < keyCount; i++) sum += load1(row, i) * load1(slope, i);
      const inverse = load1(results, 1);
      sum *= inverse;
      store1(results, 2, sum);
      scoreGradient(slope, row, keyCount, sum, scale * inverse);
    }
    const along = keysAlong + (<usize>matrix * alongFloats << 2);
    product(table, slopes, keyCount, rows, keyCount, along, size, partOf(dq, rowOfAll, heads, head, size), stride);
  }
}

/** slope = weight · (slope - sum) · factor, of one row. */
function scoreGradient(slope: usize, weight: usize, count: i32, sum: f32, factor: f32): void {
  const sums = f32x4.splat(sum);
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    store4(slope, i, f32x4.mul(f32x4.mul(load4(weight, i), f32x4.sub(load4(slope, i), sums)), factors));
  }
  for (; i < count; i++) store1(slope, i, load1(weight, i) * (load1(slope, i) - sum) * factor);
}

/**
 * The gradients of keys and values, for blocks of them: items are heads of the batch times blocks of keys. The scores
 * are those of {@link attendQueryGradient} with rows and columns changed, by whose `statistics` they become weights.
 *
 * `queriesAcross` and `dyAcross` are packed across, `queriesAlong` and `dyAlong` along.
 */
export function attendKeyGradient(
  begin: i32, end: i32,
  k: usize, v: usize, queriesAcross: usize, dyAcross: usize, queriesAlong: usize, dyAlong: usize,
  dk: usize, dv: usize, statistics: usize, mask: usize, scratch: usize, scratchBytes: i32,
  heads: i32, queries: i32, keyCount: i32, size: i32, valueSize: i32, blockRows: i32,
  acrossFloats: i32, dyAcrossFloats: i32, alongFloats: i32, dyAlongFloats: i32, scale: f32,
  maskBatch: i32, maskHead: i32, maskQuery: i32, maskKey: i32,
): void {
  const blocks = (keyCount + blockRows - 1) / blockRows;
  const table = ownScratch(scratch, scratchBytes);
  const weights = table + <usize>((blockRows + 5) / TILE_ROWS) * GROUP_BYTES;
  const slopes = weights + (<usize>blockRows * queries << 2);
  const masked = mask != 0;
  for (let item = begin; item < end; item++) {
    const matrix = item / blocks;
    const batch = matrix / heads;
    const head = matrix % heads;
    const first = item % blocks * blockRows;
    const rows = min(blockRows, keyCount - first);
    const rowOfAll = batch * keyCount + first;
    const keyRows = partOf(k, rowOfAll, heads, head, size);
    const across = queriesAcross + (<usize>matrix * acrossFloats << 2);
    product(table, keyRows, heads * size, rows, size, across, queries, weights, queries);
    const valueRows = partOf(v, rowOfAll, heads, head, valueSize);
    const dys = dyAcross + (<usize>matrix * dyAcrossFloats << 2);
    product(table, valueRows, heads * valueSize, rows, valueSize, dys, queries, slopes, queries);
    const results = statistics + (<usize>(matrix * queries * 3) << 2);
    for (let r = 0; r < rows; r++) {
      const row = weights + (<usize>r * queries << 2);
      const at = batch * maskBatch + head * maskHead + (first + r) * maskKey;
      if (masked) maskRow(row, queries, scale, mask + (<usize>at << 2), maskQuery);
      keyRow(row, slopes + (<usize>r * queries << 2), results, queries, masked ? 1 : scale, scale);
    }
    const dysAlong = dyAlong + (<usize>matrix * dyAlongFloats << 2);
    const dvRows = partOf(dv, rowOfAll, heads, head, valueSize);
    product(table, weights, queries, rows, queries, dysAlong, valueSize, dvRows, heads * valueSize);
    const along = queriesAlong + (<usize>matrix * alongFloats << 2);
    const dkRows = partOf(dk, rowOfAll, heads, head, size);
    product(table, slopes, queries, rows, queries, along, size, dkRows, heads * size);
  }
}

/** Scores of a key to weights, and gradients of its weights to those of its scores, by the queries' statistics. */
function keyRow(
  row: usize, slope: usize, statistics: usize, count: i32, scoreScale: f32, scale: f32,
): void {
  const scales = f32x4.splat(scale);
  const scoreScales = f32x4.splat(scoreScale);
  for (let i = 0; i < count; i += 4, statistics += 48) {
    const lanes = count - i;
    let tops: v128, inverses: v128, sums: v128, scores: v128, gradients: v128;
    if (lanes >= 4) {
      // Three values of four queries each, taken apart.
      const a = load4(statistics, 0), b = load4(statistics, 4), c = load4(statistics, 8);
      tops = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 0, 3, 6, 6), c, 0, 1, 2, 5);
      inverses = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 1, 4, 7, 7), c, 0, 1, 2, 6);
      sums = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 2, 5, 5, 5), c, 0, 1, 4, 7);
      scores = load4(row, i), gradients = load4(slope, i);
    } else {
      tops = strided(statistics, lanes), inverses = strided(statistics + 4, lanes);
      sums = strided(statistics + 8, lanes);
      scores = loadPart(row, i, lanes), gradients = loadPart(slope, i, lanes);
    }
    const weights = f32x4.mul(exp4(f32x4.sub(f32x4.mul(scores, scoreScales), tops)), inverses);
    const results = f32x4.mul(f32x4.mul(weights, f32x4.sub(gradients, sums)), scales);
    if (lanes >= 4) store4(row, i, weights), store4(slope, i, results);
    else storePart(row, i, weights, lanes), storePart(slope, i, results, lanes);
  }
}

/** The first one to three of values that lie three apart. */
// @ts-ignore: decorator
@inline
function strided(from: usize, lanes: i32): v128 {
  let value = v128.load32_zero(from);
  if (lanes > 1) value = v128.load32_lane(from + 12, value, 1);
  if (lanes > 2) value = v128.load32_lane(from + 24, value, 2);
  return value;
}
