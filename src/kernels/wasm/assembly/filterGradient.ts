import { gradientTile } from './gradientTile';

/**
 * Gradient of a convolution's filter: dw[tap][m][n] = Σ a[pixel · stride + tap + offset][m] · b[pixel][n] over the pixels of
 * the grid. For a convolution `a` is its input and `b` the gradient of its output, for a transposed one it is the other way round.
 *
 * Items are `parts` parts of the grid's rows, each with sums of its own (`partBytes` apart), times `splits` parts of the rows of
 * the result. A part goes through its rows in blocks of `blockRows` that stay in the cache; the sums wait in memory meanwhile.
 */
export function filterGradient(
  begin: i32, end: i32,
  a: usize, b: usize, dw: usize, partBytes: i32, batch: i32, height: i32, width: i32, m: i32,
  gridHeight: i32, gridWidth: i32, n: i32, tapsY: i32, tapsX: i32, stride: i32, offset: i32,
  parts: i32, splits: i32, blockRows: i32,
): void {
  const gridRows = batch * gridHeight;
  const groups = (m + 5) / 6;
  const aRowBytes = width * m << 2;
  const bRowBytes = gridWidth * n << 2;
  for (let item = begin; item < end; item++) {
    const part = item / splits;
    const split = item % splits;
    const target = dw + <usize>part * partBytes;
    const lastRow = (part + 1) * gridRows / parts;
    const lastGroup = (split + 1) * groups / splits;
    const firstRow = part * gridRows / parts;
    for (let row = firstRow; row < lastRow; row += blockRows) {
      const rowEnd = min(row + blockRows, lastRow);
      for (let ty = 0; ty < tapsY; ty++) {
        for (let tx = 0; tx < tapsX; tx++) {
          // Columns whose pixel of `a` lies inside the image.
          const shift = tx + offset;
          const low = shift < 0 ? (stride - 1 - shift) / stride : 0;
          const high = min(gridWidth, (width - shift + stride - 1) / stride);
          const tap = target + (<usize>((ty * tapsX + tx) * m * n) << 2);
          const aStart = a + ((low * stride + shift) * m << 2);
          const bStart = b + (low * n << 2);
          for (let group = split * groups / splits; group < lastGroup; group++) {
            const first = group * 6;
            for (let column = 0; column < n; column += 8) {
              gradientTile(
                aStart + (first << 2), bStart + (column << 2), tap + (<usize>(first * n + column) << 2),
                <usize>n << 2, m, n, stride, high - low, row, rowEnd, gridHeight, height, ty + offset, aRowBytes, bRowBytes,
                min(6, m - first), min(8, n - column), row == firstRow,
              );
            }
          }
        }
      }
    }
  }
}

/** Adds up the parts of a sum, `stride` floats apart; items are floats. */
export function sumParts(begin: i32, end: i32, source: usize, target: usize, parts: i32, stride: i32): void {
  for (let i = begin; i < end; i++) {
    let sum: f32 = 0;
    for (let part = 0; part < parts; part++) sum += load<f32>(source + (<usize>(part * stride + i) << 2));
    store<f32>(target + (<usize>i << 2), sum);
  }
}
