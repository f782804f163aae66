/**
 * The one-dimensional transforms of F(4, 2), for the 2 × 2 taps of each phase of a transposed convolution 4×4 with
 * stride 2; form and names as in `winograd.ts`. The interpolation points are ±3/8, ±5/4 and ∞, chosen for their
 * rounding among those that binary fractions hold.
 */
import { fma } from './simd';

export const P: f32 = 0.375;
export const Q: f32 = 1.25;
export const PP: f32 = P * P;
export const QQ: f32 = Q * Q;
/** Products of each point's distances to the others; where they divide is said in `winograd.ts`. */
export const DP: f32 = 2 * P * (PP - QQ);
export const DQ: f32 = 2 * Q * (QQ - PP);

/** Bᵀ, 5 → 5: a tile of the input. */
// @ts-ignore: decorator
@inline
export function phaseInputTransform(
  p: v128, q: v128, minusPP: v128, minusQQ: v128, sum: v128, product: v128,
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, target: usize, to: usize,
): void {
  const even = f32x4.mul(p, fma(minusQQ, d0, d2)), odd = fma(minusQQ, d1, d3);
  v128.store(target, f32x4.add(odd, even));
  v128.store(target + to, f32x4.sub(odd, even));
  const even2 = f32x4.mul(q, fma(minusPP, d0, d2)), odd2 = fma(minusPP, d1, d3);
  v128.store(target + 2 * to, f32x4.add(odd2, even2));
  v128.store(target + 3 * to, f32x4.sub(odd2, even2));
  v128.store(target + 4 * to, fma(product, d0, fma(sum, d2, d4)));
}

/** G, 2 × 2 → 5 × 5: the taps of a filter, of which a row's lie `xStep` bytes apart and rows `yStep`. */
// @ts-ignore: decorator
@inline
export function phaseFilterTransform(
  p: v128, q: v128, taps: usize, yStep: usize, xStep: usize, target: usize, to: usize,
): void {
  const g00 = v128.load(taps), g01 = v128.load(taps + xStep);
  taps += yStep;
  const g10 = v128.load(taps), g11 = v128.load(taps + xStep);
  filterRows(p, q, g00, g01, f32x4.mul(p, g10), f32x4.mul(p, g11), target, to);
  filterRows(p, q, g00, g01, f32x4.mul(q, g10), f32x4.mul(q, g11), target + 10 * to, to);
  filterRow(p, q, g10, g11, target + 20 * to, to);
}

/** The rows of a point and its opposite. */
// @ts-ignore: decorator
@inline
function filterRows(p: v128, q: v128, g0: v128, g1: v128, odd0: v128, odd1: v128, target: usize, to: usize): void {
  filterRow(p, q, f32x4.add(g0, odd0), f32x4.add(g1, odd1), target, to);
  filterRow(p, q, f32x4.sub(g0, odd0), f32x4.sub(g1, odd1), target + 5 * to, to);
}

/** One row of five points. */
// @ts-ignore: decorator
@inline
function filterRow(p: v128, q: v128, g0: v128, g1: v128, target: usize, to: usize): void {
  const odd = f32x4.mul(p, g1), odd2 = f32x4.mul(q, g1);
  v128.store(target, f32x4.add(g0, odd));
  target += to;
  v128.store(target, f32x4.sub(g0, odd));
  target += to;
  v128.store(target, f32x4.add(g0, odd2));
  target += to;
  v128.store(target, f32x4.sub(g0, odd2));
  v128.store(target + to, g1);
}

/**
 * Aᵀ, 5 → 4, and the division, of which the first four constants are 1 / DP, 1 / DQ, P / DP and Q / DQ: a tile of the
 * output.
 */
// @ts-ignore: decorator
@inline
export function phaseOutputTransform(
  dp: v128, dq: v128, dpp: v128, dqq: v128, pp: v128, qq: v128, source: usize, from: usize, target: usize, to: usize,
): void {
  const m0 = v128.load(source), m1 = v128.load(source + from);
  const m2 = v128.load(source + 2 * from), m3 = v128.load(source + 3 * from);
  const even = f32x4.mul(dp, f32x4.sub(m0, m1)), odd = f32x4.mul(dpp, f32x4.add(m0, m1));
  const even2 = f32x4.mul(dq, f32x4.sub(m2, m3)), odd2 = f32x4.mul(dqq, f32x4.add(m2, m3));
  v128.store(target, f32x4.add(even, even2));
  v128.store(target + to, f32x4.add(odd, odd2));
  v128.store(target + 2 * to, fma(pp, even, f32x4.mul(qq, even2)));
  v128.store(target + 3 * to, fma(pp, odd, fma(qq, odd2, v128.load(source + 4 * from))));
}

/** A, 4 → 5: a tile of the output's gradient. */
// @ts-ignore: decorator
@inline
export function phaseOutputAdjoint(
  p: v128, q: v128, pp: v128, qq: v128, y0: v128, y1: v128, y2: v128, y3: v128, target: usize, to: usize,
): void {
  const even = fma(pp, y2, y0), odd = f32x4.mul(p, fma(pp, y3, y1));
  v128.store(target, f32x4.add(even, odd));
  v128.store(target + to, f32x4.sub(even, odd));
  const even2 = fma(qq, y2, y0), odd2 = f32x4.mul(q, fma(qq, y3, y1));
  v128.store(target + 2 * to, f32x4.add(even2, odd2));
  v128.store(target + 3 * to, f32x4.sub(even2, odd2));
  v128.store(target + 4 * to, y3);
}

/** Gᵀ, 5 → 2, and the division, constants as above: the gradient of a filter. */
// @ts-ignore: decorator
@inline
export function phaseFilterAdjoint(
  dp: v128, dq: v128, dpp: v128, dqq: v128, source: usize, from: usize, target: usize, to: usize,
): void {
  const u0 = v128.load(source), u1 = v128.load(source + from);
  const u2 = v128.load(source + 2 * from), u3 = v128.load(source + 3 * from);
  v128.store(target, fma(dq, f32x4.sub(u2, u3), f32x4.mul(dp, f32x4.sub(u0, u1))));
  v128.store(target + to, fma(dqq, f32x4.add(u2, u3), fma(dpp, f32x4.add(u0, u1), v128.load(source + 4 * from))));
}
