import { ownScratch } from './thread';
import { gatherTap } from './winogradFilter';

/**
 * The filter [4, 4, n, m] of the transposed convolution that equals a convolution by a filter [3, 3, m, n] of an image
 * each of whose pixels is repeated to 2 × 2. In each direction its taps are w2, w1 + w2, w0 + w1 and w0, since a pixel
 * of the larger image meets two of the smaller. Items are four of the m channels; m and n are multiples of 4. `scratch`
 * is room for 1 KB.
 */
export function expandFilter(
  begin: i32, end: i32, filter: usize, expanded: usize, m: i32, n: i32, scratch: usize, scratchBytes: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const tapBytes = <usize>(m * n) << 2;
  for (let item = begin; item < end; item++) {
    for (let column = 0; column < n; column += 4) {
      let source = filter + (<usize>(4 * item * n + column) << 2);
      for (let tap: usize = 0; tap < 9; tap++, source += tapBytes) gatherTap(source, own + (tap << 6), true, n);
      for (let c = 0; c < 4; c++) {
        const w = own + (c << 4);
        let to = expanded + (<usize>((column + c) * m + 4 * item) << 2);
        for (let row: usize = 0; row < 4; row++, to += 4 * tapBytes) {
          const w0 = expandedTap(w, row), w1 = expandedTap(w + 64, row), w2 = expandedTap(w + 128, row);
          v128.store(to, w2);
          v128.store(to + tapBytes, f32x4.add(w1, w2));
          v128.store(to + 2 * tapBytes, f32x4.add(w0, w1));
          v128.store(to + 3 * tapBytes, w0);
        }
      }
    }
  }
}

/** Tap `row` of the four that become of three in a column, `w` and 192 bytes on. */
// @ts-ignore: decorator
@inline
function expandedTap(w: usize, row: usize): v128 {
  if (row == 3) return v128.load(w);
  if (row == 0) return v128.load(w, 384);
  return row == 1 ? f32x4.add(v128.load(w, 192), v128.load(w, 384)) : f32x4.add(v128.load(w), v128.load(w, 192));
}

/** The adjoint of {@link expandFilter}: from a gradient [4, 4, n, m] to that of the filter [3, 3, m, n]. */
export function contractFilter(
  begin: i32, end: i32, expanded: usize, filter: usize, m: i32, n: i32, scratch: usize, scratchBytes: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const rows = own + 576;
  const tapBytes = <usize>(m * n) << 2;
  const rowBytes = <usize>n << 2;
  for (let item = begin; item < end; item++) {
    for (let column = 0; column < n; column += 4) {
      for (let c = 0; c < 4; c++) {
        const source = expanded + (<usize>((column + c) * m + 4 * item) << 2);
        for (let j: usize = 0; j < 3; j++) {
          // Of three column taps the last takes the first two of four, and so on.
          const from = source + (2 - j) * tapBytes;
          const d0 = twoTaps(from, tapBytes), d1 = twoTaps(from + 4 * tapBytes, tapBytes);
          const d2 = twoTaps(from + 8 * tapBytes, tapBytes), d3 = twoTaps(from + 12 * tapBytes, tapBytes);
          const to = own + (j << 6) + (c << 4);
          v128.store(to, f32x4.add(d2, d3));
          v128.store(to, f32x4.add(d1, d2), 192);
          v128.store(to, f32x4.add(d0, d1), 384);
        }
      }
      let to = filter + (<usize>(4 * item * n + column) << 2);
      for (let tap: usize = 0; tap < 9; tap++, to += tapBytes) {
        gatherTap(own + (tap << 6), rows, true, 4);
        for (let r: usize = 0; r < 4; r++) v128.store(to + r * rowBytes, v128.load(rows + (r << 4)));
      }
    }
  }
}

/** The sum of two taps that follow one another. */
// @ts-ignore: decorator
@inline
function twoTaps(from: usize, tapBytes: usize): v128 {
  return f32x4.add(v128.load(from), v128.load(from + tapBytes));
}
