import { gradientTile, gradientTile4 } from './gradientTile';
import { PHASE_POINTS } from './phaseTiles';
import { DP as PHASE_DP, DQ as PHASE_DQ, P as PHASE_P, phaseFilterAdjoint, Q as PHASE_Q } from './phaseTransforms';
import { held } from './simd';
import { ownScratch } from './thread';
import { rowsOfTile } from './tile';
import { D0, DP, DQ, filterAdjoint, P, PP, Q, QQ } from './winograd';
import { POINTS, pointStride, transformGradientTiles, transformInputTiles } from './winogradTiles';

/** The input's matrices are cut into groups of 24 columns, rows of the filter, the gradient's into panels of 8. */
const GROUP_ROWS: i32 = 24;
/** Tiles of which a group's and a panel's part stay in the first-level cache. */
const NEAR_TILES: i32 = 128;
export const GROUP_BYTES: usize = 96;
export const PANEL_BYTES: usize = 32;

/**
 * The first of two steps of the filter gradient by F(3×3, 4×4), the adjoint of `winogradConvolve`: transforms the tiles
 * from `first` on of the input and of the output's gradient. Items are tiles; `blockTiles` is how many the matrices
 * have room for.
 */
export function winogradGradientTiles(
  begin: i32, end: i32,
  x: usize, dy: usize, input: usize, gradient: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  first: i32, blockTiles: i32, height: i32, width: i32, m: i32, n: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const mPoint = pointStride(blockTiles, m);
  const nPoint = pointStride(blockTiles, n);
  transformInputTiles(
    first + begin, first + end, x, input, begin, mPoint, GROUP_BYTES, blockTiles, zeros, own, height, width,
    m,
  );
  transformGradientTiles(
    first + begin, first + end, dy, gradient, begin, nPoint, PANEL_BYTES, blockTiles, zeros, own, height,
    width, n,
  );
}

/**
 * The second step for few channels: the sums of products over the tiles, all rows and columns of one point after the
 * other, so that its tiles stay in the first-level cache. Adds to `sums` unless `fresh`. Items are points.
 */
export function winogradGradientPoints(
  begin: i32, end: i32,
  input: usize, gradient: usize, sums: usize, tiles: i32, blockTiles: i32, m: i32, n: i32, fresh: i32,
): void {
  const rowBytes = <usize>n << 2;
  for (let point = begin; point < end; point++) {
    const b = gradient + point * pointStride(blockTiles, n);
    const target = sums + point * pointStride(m, n);
    for (let tile = 0; tile < tiles; tile += NEAR_TILES) {
      const count = min(NEAR_TILES, tiles - tile);
      for (let row = 0; row < m; row += GROUP_ROWS) {
        const rows = min(GROUP_ROWS, m - row);
        const a = input + point * pointStride(blockTiles, m) + (<usize>(row * blockTiles + tile * rows) << 2);
        for (let column = 0; column < n; column += 8) {
          const columns = min(8, n - column);
          groupProducts(
            count, a, rows, b + (<usize>(column * blockTiles + tile * columns) << 2), columns,
            target + row * rowBytes + (<usize>column << 2), rowBytes, columns, fresh != 0 && tile == 0,
          );
        }
      }
    }
  }
}

/**
 * The sums over `tiles` rows of a group of up to 24 columns, `rows`, by a panel of `panelColumns`; stores `columns`
 * of 8.
 */
function groupProducts(
  tiles: i32, a: usize, rows: i32, b: usize, panelColumns: i32, target: usize, rowBytes: usize, columns: i32,
  fresh: bool,
): void {
  const aStep = <usize>rows << 2, bStep = <usize>panelColumns << 2;
  for (let row = 0, next = 0; row < rows; row = next) {
    const tileRows = rowsOfTile(rows - row);
    next = row + tileRows;
    const from = a + (<usize>row << 2), to = target + row * rowBytes;
    if (tileRows == 4) gradientTile4(0, tiles, from, b, aStep, bStep, to, rowBytes, rows - row, columns, fresh);
    else gradientTile(0, tiles, from, b, aStep, bStep, to, rowBytes, rows - row, columns, fresh);
  }
}

/** The third step for few channels: transforms the sums to 3 × 3 taps. Items are rows of the filter. */
export function winogradGradientTaps(
  begin: i32, end: i32, sums: usize, dw: usize, scratch: usize, scratchBytes: i32, m: i32, n: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const offset = <usize>(begin * n) << 2;
  storeTaps(
    sums + offset, pointStride(m, n), <usize>n << 2, 32, dw + offset, n, end - begin, n, <usize>(m * n) << 2,
    own, true,
  );
}

/**
 * The second step for many channels: for a group of rows and some panels of 8 columns of the filter, the sums of
 * products of all points, which are then transformed to taps and added to `dw` unless `fresh`: 36 points and 3 × 3
 * taps, or for a `phase` of a transposed convolution (else -1) 25 points and the 2 × 2 taps of its 4×4 filter, `input`
 * and `gradient` exchanged. Items are groups of `groupPanels` panels times groups of rows: those of one group of panels
 * follow each other, so that its part of the gradient stays in the cache.
 */
export function winogradGradientProducts(
  begin: i32, end: i32,
  input: usize, gradient: usize, dw: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, blockTiles: i32, m: i32, n: i32, fresh: i32, groupPanels: i32, phase: i32,
): void {
  const points: usize = phase < 0 ? POINTS : PHASE_POINTS;
  const own = ownScratch(scratch, scratchBytes);
  const sums = own + 1024;
  const panelBytes = GROUP_ROWS * PANEL_BYTES;
  const pointBytes = (groupPanels * panelBytes) | 64;
  const panels = (n + 7) >> 3;
  const rowGroups = (m + GROUP_ROWS - 1) / GROUP_ROWS;
  const mPoint = pointStride(blockTiles, m);
  const nPoint = pointStride(blockTiles, n);
  for (let item = begin; item < end; item++) {
    const row = item % rowGroups * GROUP_ROWS;
    const rows = min(GROUP_ROWS, m - row);
    const first = item / rowGroups * groupPanels;
    const last = min(first + groupPanels, panels);
    for (let point: usize = 0; point < points; point++) {
      const a = input + point * mPoint + (<usize>(row * blockTiles) << 2);
      let target = sums + point * pointBytes;
      for (let panel = first; panel < last; panel++, target += panelBytes) {
        const b = gradient + point * nPoint + (<usize>(panel * blockTiles) << 5);
        groupProducts(tiles, a, rows, b, min(8, n - (panel << 3)), target, PANEL_BYTES, 8, true);
      }
    }
    const target = dw + (<usize>(row * n + (first << 3)) << 2);
    const columns = min(last << 3, n) - (first << 3);
    if (phase < 0) {
      storeTaps(sums, pointBytes, 32, panelBytes, target, n, rows, columns, <usize>(m * n) << 2, own, fresh != 0);
    } else {
      storePhaseTaps(
        sums, pointBytes, panelBytes, target, n, rows, columns, <usize>(m * n) << 2, phase, own, fresh != 0,
      );
    }
  }
}

/**
 * Transforms the 36 sums of `rows` × `columns` filter values to 9 taps, `tapBytes` apart, in rows of `n`. Of the sums
 * rows are `rowBytes` apart, and panels of 8 columns `panelBytes`. `own` is room for 1 KB.
 */
function storeTaps(
  sums: usize, pointBytes: usize, rowBytes: usize, panelBytes: usize,
  target: usize, n: i32, rows: i32, columns: i32, tapBytes: usize, own: usize, fresh: bool,
): void {
  const d0 = held(1 / D0, own), dp = held(1 / DP, own), dq = held(1 / DQ, own);
  const dpp = held(P / DP, own), dqq = held(Q / DQ, own), pp = held(PP, own), qq = held(QQ, own);
  const taps = own + 288;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 4) {
      const source = sums + row * rowBytes + (column >> 3) * panelBytes + ((column & 4) << 2);
      let to = target + (<usize>(row * n + column) << 2);
      for (let j: usize = 0; j < 6; j++) {
        filterAdjoint(d0, dp, dq, dpp, dqq, pp, qq, source + j * pointBytes, 6 * pointBytes, own + (j << 4), 96);
      }
      for (let i: usize = 0; i < 3; i++) {
        filterAdjoint(d0, dp, dq, dpp, dqq, pp, qq, own + i * 96, 16, taps + i * 48, 16);
      }
      for (let tap = 0; tap < 9; tap++, to += tapBytes) addTo(to, v128.load(taps + (tap << 4)), fresh);
    }
  }
}

/** The same for 25 sums and the 4 taps of a phase of a 4×4 filter: tap i of phase p is tap 3 - p - 2i. */
function storePhaseTaps(
  sums: usize, pointBytes: usize, panelBytes: usize,
  target: usize, n: i32, rows: i32, columns: i32, tapBytes: usize, phase: i32, own: usize, fresh: bool,
): void {
  const dp = held(1 / PHASE_DP, own), dq = held(1 / PHASE_DQ, own);
  const dpp = held(PHASE_P / PHASE_DP, own), dqq = held(PHASE_Q / PHASE_DQ, own);
  const taps = own + 160;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 4) {
      const source = sums + (<usize>row << 5) + (column >> 3) * panelBytes + ((column & 4) << 2);
      const to = target + (<usize>(row * n + column) << 2);
      for (let j: usize = 0; j < 5; j++) {
        phaseFilterAdjoint(dp, dq, dpp, dqq, source + j * pointBytes, 5 * pointBytes, own + (j << 4), 80);
      }
      for (let i: usize = 0; i < 2; i++) phaseFilterAdjoint(dp, dq, dpp, dqq, own + i * 80, 16, taps + (i << 5), 16);
      for (let tap = 0; tap < 4; tap++) {
        const ky = 3 - (phase >> 1) - (tap & 2), kx = 3 - (phase & 1) - 2 * (tap & 1);
        addTo(to + (4 * ky + kx) * tapBytes, v128.load(taps + (tap << 4)), fresh);
      }
    }
  }
}

/** Adds four floats to those at `target`, or puts them there. */
// @ts-ignore: decorator
@inline
function addTo(target: usize, value: v128, fresh: bool): void {
  v128.store(target, fresh ? value : f32x4.add(v128.load(target), value));
}
