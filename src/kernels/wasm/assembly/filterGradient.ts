import { gradientTile, gradientTile4 } from './gradientTile';
import { ownScratch } from './thread';
import { rowOfTile, rowsOfTile } from './tile';

/**
 * Gradient of a convolution's filter: dw[tap][m][n] = Σ a[pixel · stride + tap + offset][m] · b[pixel][n] over the
 * pixels of the grid. For a convolution `a` is its input and `b` the gradient of its output, for a transposed one it is
 * the other way round.
 *
 * Items are `parts` parts of the grid's rows, each with sums of its own (`partBytes` apart), times `splits` parts of
 * the rows of the result. A part goes through its rows in blocks of `blockRows` that stay in the cache; the sums wait
 * in memory meanwhile. `scratch` holds the addresses of a block's pixels and some of their channels.
 */
export function filterGradient(
  begin: i32, end: i32,
  a: usize, b: usize, dw: usize, partBytes: i32, batch: i32, height: i32, width: i32, m: i32,
  gridHeight: i32, gridWidth: i32, n: i32, tapsY: i32, tapsX: i32,
  strideY: i32, strideX: i32, offsetY: i32, offsetX: i32,
  parts: i32, splits: i32, blockRows: i32, scratch: usize, scratchBytes: i32,
): void {
  const gridRows = batch * gridHeight;
  const groups = (m + 5) / 6;
  const table = ownScratch(scratch, scratchBytes);
  const packed = table + (<usize>(blockRows * gridWidth) << 3);
  const rowBytes = <usize>n << 2;
  for (let item = begin; item < end; item++) {
    const part = item / splits;
    const split = item % splits;
    const target = dw + <usize>part * partBytes;
    const lastRow = (part + 1) * gridRows / parts;
    const firstRow = part * gridRows / parts;
    const lastGroup = (split + 1) * groups / splits;
    for (let row = firstRow; row < lastRow; row += blockRows) {
      const rowEnd = min(row + blockRows, lastRow);
      const fresh = row == firstRow;
      for (let ty = 0; ty < tapsY; ty++) {
        for (let tx = 0; tx < tapsX; tx++) {
          const count = pixelPairs(
            table, row, rowEnd, height, width, m, gridHeight, gridWidth, n, strideY, strideX, ty + offsetY,
            tx + offsetX,
          );
          const tap = target + (<usize>((ty * tapsX + tx) * m * n) << 2);
          for (let group = split * groups / splits; group < lastGroup; group++) {
            const first = rowOfTile(group, m);
            const rows = m - first;
            const four = rowsOfTile(rows) == 4;
            packRows(table, count, a + (first << 2), packed, four);
            let to = tap + (<usize>(first * n) << 2);
            for (let column = 0; column < n; column += 8, to += 32) {
              if (four) {
                gradientTile4(
                  table, count, packed, b + (column << 2), 32, 0, to, rowBytes, rows, min(8, n - column),
                  fresh,
                );
              } else {
                gradientTile(
                  table, count, packed, b + (column << 2), 32, 0, to, rowBytes, rows, min(8, n - column),
                  fresh,
                );
              }
            }
          }
        }
      }
    }
  }
}

/**
 * Copies 4 or 6 channels of each pixel, to lie 32 bytes apart: where they are, they may be a multiple of 4 KB apart,
 * and so drive each other out of the first-level cache.
 */
// @ts-ignore: decorator
@inline
function packRows(table: usize, count: i32, source: usize, packed: usize, four: bool): void {
  for (let i = 0; i < count; i++, table += 8, packed += 32) {
    const from = source + load<u32>(table);
    v128.store(packed, v128.load(from));
    if (!four) v128.store64_lane(packed + 16, v128.load64_zero(from, 16), 0);
  }
}

/**
 * Writes the offsets in `a` and in `b` of each pixel of the grid's rows for which a tap lies inside the image; returns
 * their number.
 */
function pixelPairs(
  table: usize, row: i32, rowEnd: i32, height: i32, width: i32, m: i32,
  gridHeight: i32, gridWidth: i32, n: i32, strideY: i32, strideX: i32, shiftY: i32, shiftX: i32,
): i32 {
  const low = shiftX < 0 ? (strideX - 1 - shiftX) / strideX : 0;
  const high = min(gridWidth, (width - shiftX + strideX - 1) / strideX);
  const aStep = strideX * m << 2;
  const bStep = n << 2;
  let count = 0;
  for (; row < rowEnd; row++) {
    const image = row / gridHeight;
    const y = (row - image * gridHeight) * strideY + shiftY;
    if (<u32>y >= <u32>height) continue;
    let pa = ((<usize>(image * height + y) * width + low * strideX + shiftX) * m << 2);
    let pb = ((<usize>row * gridWidth + low) * n << 2);
    for (let x = low; x < high; x++, pa += aStep, pb += bStep, count++) {
      store<u32>(table + (<usize>count << 3), <u32>pa);
      store<u32>(table + (<usize>count << 3), <u32>pb, 4);
    }
  }
  return count;
}

/** Adds up the parts of a sum, `stride` floats apart; items are floats. */
export function sumParts(begin: i32, end: i32, source: usize, target: usize, parts: i32, stride: i32): void {
  for (let i = begin; i < end; i++) {
    let sum: f32 = 0;
    for (let part = 0; part < parts; part++) sum += load<f32>(source + (<usize>(part * stride + i) << 2));
    store<f32>(target + (<usize>i << 2), sum);
  }
}
