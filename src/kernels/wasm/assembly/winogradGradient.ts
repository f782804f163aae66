import { gradientTile, gradientTile4 } from './gradientTile';
import { PHASE_POINTS } from './phaseTiles';
import { phaseFilterAdjoint } from './phaseTransforms';
import { load1, store1 } from './simd';
import { ownScratch } from './thread';
import { rowOfTile, rowsOfTile } from './tile';
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
 * The second step for few channels: the sums of products over the tiles, all rows and columns of one point after the other, so
 * that its tiles stay in the first-level cache. Adds to `sums` unless `fresh`. Items are points.
 */
export function winogradGradientPoints(
  begin: i32, end: i32,
  input: usize, gradient: usize, sums: usize, tiles: i32, blockTiles: i32, m: i32, n: i32, fresh: i32,
): void {
  const mBytes = <usize>m << 2;
  const nBytes = <usize>n << 2;
  const rowBytes = <usize>n << 2;
  for (let point = begin; point < end; point++) {
    const a = input + point * pointStride(blockTiles, m);
    const b = gradient + point * pointStride(blockTiles, n);
    const target = sums + point * pointStride(m, n);
    for (let row = 0, next = 0; row < m; row = next) {
      const tileRows = rowsOfTile(m - row);
      next = row + tileRows;
      const from = a + (row << 2);
      const to = target + row * rowBytes;
      for (let column = 0; column < n; column += 8) {
        const count = min(8, n - column);
        if (tileRows == 4) {
          gradientTile4(0, tiles, from, b + (column << 2), mBytes, rowBytes, to + (column << 2), rowBytes, m - row, count, fresh != 0);
        } else {
          gradientTile(0, tiles, from, b + (column << 2), mBytes, rowBytes, to + (column << 2), rowBytes, m - row, count, fresh != 0);
        }
      }
    }
  }
}

/** The third step for few channels: transforms the sums to 3 × 3 taps. Items are rows of the filter. */
export function winogradGradientTaps(
  begin: i32, end: i32, sums: usize, dw: usize, scratch: usize, scratchBytes: i32, m: i32, n: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  for (let row = begin; row < end; row++) {
    for (let column = 0; column < n; column += 4) {
      const offset = <usize>(row * n + column) << 2;
      storeTaps(sums + offset, pointStride(m, n), dw + offset, <usize>(m * n) << 2, 4, own, true);
    }
  }
}

/**
 * The second step for many channels: for up to 6 rows and some panels of 8 columns of the filter, the sums of products of all
 * points, which are then transformed to taps and added to `dw` unless `fresh`: 36 points and 3 × 3 taps, or for a `phase` of a
 * transposed convolution (else -1) 25 points and the 2 × 2 taps of its 4×4 filter, `input` and `gradient` exchanged. Items are groups of `groupPanels` panels
 * times blocks of rows: those of a group follow each other, so that its part of the gradient stays in the cache.
 */
export function winogradGradientProducts(
  begin: i32, end: i32,
  input: usize, gradient: usize, dw: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, blockTiles: i32, m: i32, n: i32, fresh: i32, groupPanels: i32, phase: i32,
): void {
  const points: usize = phase < 0 ? POINTS : PHASE_POINTS;
  const own = ownScratch(scratch, scratchBytes);
  const sums = own + 1024;
  const pointBytes = <usize>groupPanels * 192;
  const panels = (n + 7) >> 3;
  const rowGroups = (m + 5) / 6;
  const mBytes = <usize>m << 2;
  const nBytes = <usize>n << 2;
  const mPoint = pointStride(blockTiles, m);
  const nPoint = pointStride(blockTiles, n);
  for (let item = begin; item < end; item++) {
    const row = rowOfTile(item % rowGroups, m);
    const first = item / rowGroups * groupPanels;
    const last = min(first + groupPanels, panels);
    const tileRows = rowsOfTile(m - row);
    const rows = min(tileRows, m - row);
    for (let point: usize = 0; point < points; point++) {
      const a = input + point * mPoint + (<usize>row << 2);
      const b = gradient + point * nPoint;
      let target = sums + point * pointBytes;
      for (let panel = first; panel < last; panel++, target += 192) {
        if (tileRows == 4) gradientTile4(0, tiles, a, b + (panel << 5), mBytes, nBytes, target, 32, 4, 8, true);
        else gradientTile(0, tiles, a, b + (panel << 5), mBytes, nBytes, target, 32, 6, 8, true);
      }
    }
    for (let panel = first; panel < last; panel++) {
      const source = sums + (panel - first) * 192;
      const columns = min(8, n - (panel << 3));
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c += 4) {
          const target = dw + (<usize>((row + r) * n + (panel << 3) + c) << 2);
          const from = source + (r << 5) + (c << 2);
          const count = min(4, columns - c);
          if (phase < 0) storeTaps(from, pointBytes, target, <usize>(m * n) << 2, count, own, fresh != 0);
          else storePhaseTaps(from, pointBytes, target, <usize>(m * n) << 2, phase, count, own, fresh != 0);
        }
      }
    }
  }
}

/** Transforms up to four filter values' 36 sums to 9 taps, `tapBytes` apart; `own` is room for 1 KB. */
// @ts-ignore: decorator
@inline
function storeTaps(
  source: usize, pointBytes: usize, target: usize, tapBytes: usize, count: i32, own: usize, fresh: bool,
): void {
  const taps = own + 288;
  for (let j: usize = 0; j < 6; j++) filterAdjoint(source + j * pointBytes, 6 * pointBytes, own + (j << 4), 96);
  for (let i: usize = 0; i < 3; i++) filterAdjoint(own + i * 96, 16, taps + i * 48, 16);
  for (let tap = 0; tap < 9; tap++, target += tapBytes) addTo(target, taps + (tap << 4), count, fresh);
}

/** The same for 25 sums and the 4 taps of a phase of a 4×4 filter: tap i of phase p is tap 3 - p - 2i. */
// @ts-ignore: decorator
@inline
function storePhaseTaps(
  source: usize, pointBytes: usize, target: usize, tapBytes: usize, phase: i32, count: i32, own: usize, fresh: bool,
): void {
  const taps = own + 160;
  for (let j: usize = 0; j < 5; j++) phaseFilterAdjoint(source + j * pointBytes, 5 * pointBytes, own + (j << 4), 80);
  for (let i: usize = 0; i < 2; i++) phaseFilterAdjoint(own + i * 80, 16, taps + (i << 5), 16);
  for (let tap = 0; tap < 4; tap++) {
    const ky = 3 - (phase >> 1) - (tap & 2), kx = 3 - (phase & 1) - 2 * (tap & 1);
    addTo(target + (4 * ky + kx) * tapBytes, taps + (tap << 4), count, fresh);
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
