import { gradientTile } from './gradientTile';
import { load1, store1 } from './simd';
import { ownScratch } from './thread';
import { filterAdjoint } from './winograd';
import { POINTS, pointStride, transformGradientTiles, transformInputTiles } from './winogradTiles';

/**
 * The first of two steps of the filter gradient by F(3×3, 4×4), the adjoint of `winogradConvolve`: transforms the tiles from
 * `first` on of the input and of the output's gradient. Items are tiles; `blockTiles` is how many the matrices have room for.
 */
export function winogradGradientTiles(
  begin: i32, end: i32,
  x: usize, dy: usize, input: usize, gradient: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  first: i32, blockTiles: i32, height: i32, width: i32, m: i32, n: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const mPoint = pointStride(blockTiles, m);
  const nPoint = pointStride(blockTiles, n);
  const inputTarget = input + (<usize>(begin * m) << 2);
  const gradientTarget = gradient + (<usize>(begin * n) << 2);
  transformInputTiles(first + begin, first + end, x, inputTarget, mPoint, zeros, own, height, width, m);
  transformGradientTiles(first + begin, first + end, dy, gradientTarget, nPoint, zeros, own, height, width, n);
}

/**
 * The second step: for 6 × 8 filter values at a time, the products of all 36 points, summed over the tiles and transformed to
 * 3 × 3 taps, which are added to `dw` unless `fresh`. Items are blocks of 6 rows times panels of 8 columns.
 */
export function winogradGradientProducts(
  begin: i32, end: i32,
  input: usize, gradient: usize, dw: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, blockTiles: i32, m: i32, n: i32, fresh: i32,
): void {
  const sums = ownScratch(scratch, scratchBytes);
  const middle = sums + POINTS * 192;
  const taps = middle + 288;
  const panels = (n + 7) >> 3;
  const mPoint = pointStride(blockTiles, m);
  const nPoint = pointStride(blockTiles, n);
  for (let item = begin; item < end; item++) {
    const row = item / panels * 6;
    const column = item % panels << 3;
    const rows = min(6, m - row);
    const columns = min(8, n - column);
    for (let point: usize = 0; point < <usize>POINTS; point++) {
      const a = input + point * mPoint + (<usize>row << 2);
      const b = gradient + point * nPoint + (<usize>column << 2);
      gradientTile(a, b, sums + point * 192, 32, m, n, 1, tiles, 0, 1, 1, 1, 0, 0, 0, 6, 8, true);
    }
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c += 4) {
        const source = sums + (r << 5) + (c << 2);
        for (let j: usize = 0; j < 6; j++) filterAdjoint(source + j * 192, 6 * 192, middle + (j << 4), 96);
        for (let i: usize = 0; i < 3; i++) filterAdjoint(middle + i * 96, 16, taps + i * 48, 16);
        const target = dw + (<usize>((row + r) * n + column + c) << 2);
        const count = min(4, columns - c);
        for (let tap = 0; tap < 9; tap++) {
          addTo(target + (<usize>(tap * m * n) << 2), taps + (tap << 4), count, fresh != 0);
        }
      }
    }
  }
}

/** Adds up to four floats to those at `target`, or puts them there. */
// @ts-ignore: decorator
@inline
function addTo(target: usize, source: usize, count: i32, fresh: bool): void {
  if (count == 4) {
    const value = v128.load(source);
    v128.store(target, fresh ? value : f32x4.add(v128.load(target), value));
    return;
  }
  for (let i = 0; i < count; i++) store1(target, i, fresh ? load1(source, i) : load1(target, i) + load1(source, i));
}
