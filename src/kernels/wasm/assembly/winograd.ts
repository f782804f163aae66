/**
 * The one-dimensional transforms of F(4, 3): Lavin and Gray, "Fast algorithms for convolutional neural networks"
 * (2016). The interpolation points are 0, ±5/8, ±3/2 and ∞, which round half as much as the usual ±1 and ±2; Barabasz
 * et al., "Error analysis and improving the accuracy of Winograd convolution" (2020), look for such points.
 *
 * Each takes its constants, `held` by the caller outside its loop, and four channels' vectors and writes to `target`,
 * `to` bytes apart. Applied to columns and then to rows they transform a tile; the last two are the adjoints of the
 * output's and the filter's transform, and make the gradient of the filter out of the same products.
 */
import { fma } from './simd';

export const P: f32 = 0.625;
export const Q: f32 = 1.5;
export const PP: f32 = P * P;
export const QQ: f32 = Q * Q;
/**
 * Products of each point's distances to the others, by which the products of the points are divided: in the output's
 * transform, since there it costs less than in the filter's, but in the transform of the filter's gradient for the
 * adjoints.
 */
export const D0: f32 = PP * QQ;
export const DP: f32 = 2 * PP * (PP - QQ);
export const DQ: f32 = 2 * QQ * (QQ - PP);

/** Bᵀ, 6 → 6: a tile of the input. */
// @ts-ignore: decorator
@inline
export function inputTransform(
  p: v128, q: v128, minusPP: v128, minusQQ: v128, sum: v128, product: v128,
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, target: usize, to: usize,
): void {
  v128.store(target, fma(product, d0, fma(sum, d2, d4)));
  const even = fma(minusQQ, d2, d4), odd = f32x4.mul(p, fma(minusQQ, d1, d3));
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const even2 = fma(minusPP, d2, d4), odd2 = f32x4.mul(q, fma(minusPP, d1, d3));
  v128.store(target + 3 * to, f32x4.add(even2, odd2));
  v128.store(target + 4 * to, f32x4.sub(even2, odd2));
  v128.store(target + 5 * to, fma(product, d1, fma(sum, d3, d5)));
}

/**
 * G, 3 × 3 → 6 × 6: the taps of a filter, of which a row's lie `xStep` bytes apart and rows `yStep`. All in one, since
 * filters are larger than tiles where maps are small.
 */
// @ts-ignore: decorator
@inline
export function filterTransform(
  p: v128, q: v128, pp: v128, qq: v128, taps: usize, yStep: usize, xStep: usize, target: usize, to: usize,
): void {
  const g00 = v128.load(taps), g01 = v128.load(taps + xStep), g02 = v128.load(taps + 2 * xStep);
  taps += yStep;
  const g10 = v128.load(taps), g11 = v128.load(taps + xStep), g12 = v128.load(taps + 2 * xStep);
  taps += yStep;
  const g20 = v128.load(taps), g21 = v128.load(taps + xStep), g22 = v128.load(taps + 2 * xStep);
  filterRow(p, q, pp, qq, g00, g01, g02, target, to);
  target += 6 * to;
  let even0 = fma(pp, g20, g00), even1 = fma(pp, g21, g01), even2 = fma(pp, g22, g02);
  let odd0 = f32x4.mul(p, g10), odd1 = f32x4.mul(p, g11), odd2 = f32x4.mul(p, g12);
  filterRow(p, q, pp, qq, f32x4.add(even0, odd0), f32x4.add(even1, odd1), f32x4.add(even2, odd2), target, to);
  target += 6 * to;
  filterRow(p, q, pp, qq, f32x4.sub(even0, odd0), f32x4.sub(even1, odd1), f32x4.sub(even2, odd2), target, to);
  target += 6 * to;
  even0 = fma(qq, g20, g00), even1 = fma(qq, g21, g01), even2 = fma(qq, g22, g02);
  odd0 = f32x4.mul(q, g10), odd1 = f32x4.mul(q, g11), odd2 = f32x4.mul(q, g12);
  filterRow(p, q, pp, qq, f32x4.add(even0, odd0), f32x4.add(even1, odd1), f32x4.add(even2, odd2), target, to);
  target += 6 * to;
  filterRow(p, q, pp, qq, f32x4.sub(even0, odd0), f32x4.sub(even1, odd1), f32x4.sub(even2, odd2), target, to);
  filterRow(p, q, pp, qq, g20, g21, g22, target + 6 * to, to);
}

/** One row of six points. */
// @ts-ignore: decorator
@inline
function filterRow(p: v128, q: v128, pp: v128, qq: v128, g0: v128, g1: v128, g2: v128, target: usize, to: usize): void {
  v128.store(target, g0);
  const even = fma(pp, g2, g0), odd = f32x4.mul(p, g1);
  target += to;
  v128.store(target, f32x4.add(even, odd));
  target += to;
  v128.store(target, f32x4.sub(even, odd));
  const even2 = fma(qq, g2, g0), odd2 = f32x4.mul(q, g1);
  target += to;
  v128.store(target, f32x4.add(even2, odd2));
  target += to;
  v128.store(target, f32x4.sub(even2, odd2));
  v128.store(target + to, g2);
}

/**
 * Aᵀ, 6 → 4, and the division by D0, DP and DQ, of which the first five constants are 1 / D0, 1 / DP, 1 / DQ, P / DP
 * and Q / DQ: a tile of the output.
 */
// @ts-ignore: decorator
@inline
export function outputTransform(
  d0: v128, dp: v128, dq: v128, dpp: v128, dqq: v128, pp: v128, qq: v128, source: usize, from: usize,
  target: usize, to: usize,
): void {
  const m1 = v128.load(source + from), m2 = v128.load(source + 2 * from);
  const m3 = v128.load(source + 3 * from), m4 = v128.load(source + 4 * from);
  const even = f32x4.mul(dp, f32x4.add(m1, m2)), odd = f32x4.mul(dpp, f32x4.sub(m1, m2));
  const even2 = f32x4.mul(dq, f32x4.add(m3, m4)), odd2 = f32x4.mul(dqq, f32x4.sub(m3, m4));
  v128.store(target, fma(d0, v128.load(source), f32x4.add(even, even2)));
  v128.store(target + to, f32x4.add(odd, odd2));
  v128.store(target + 2 * to, fma(pp, even, f32x4.mul(qq, even2)));
  v128.store(target + 3 * to, fma(pp, odd, fma(qq, odd2, v128.load(source + 5 * from))));
}

/** A, 4 → 6: a tile of the output's gradient. */
// @ts-ignore: decorator
@inline
export function outputAdjoint(
  p: v128, q: v128, pp: v128, qq: v128, y0: v128, y1: v128, y2: v128, y3: v128, target: usize, to: usize,
): void {
  v128.store(target, y0);
  const even = fma(pp, y2, y0), odd = f32x4.mul(p, fma(pp, y3, y1));
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const even2 = fma(qq, y2, y0), odd2 = f32x4.mul(q, fma(qq, y3, y1));
  v128.store(target + 3 * to, f32x4.add(even2, odd2));
  v128.store(target + 4 * to, f32x4.sub(even2, odd2));
  v128.store(target + 5 * to, y3);
}

/** Gᵀ, 6 → 3, and the division, constants as above: the gradient of a filter. */
// @ts-ignore: decorator
@inline
export function filterAdjoint(
  d0: v128, dp: v128, dq: v128, dpp: v128, dqq: v128, pp: v128, qq: v128, source: usize, from: usize,
  target: usize, to: usize,
): void {
  const u1 = v128.load(source + from), u2 = v128.load(source + 2 * from);
  const u3 = v128.load(source + 3 * from), u4 = v128.load(source + 4 * from);
  const even = f32x4.mul(dp, f32x4.add(u1, u2)), even2 = f32x4.mul(dq, f32x4.add(u3, u4));
  v128.store(target, fma(d0, v128.load(source), f32x4.add(even, even2)));
  v128.store(target + to, fma(dqq, f32x4.sub(u3, u4), f32x4.mul(dpp, f32x4.sub(u1, u2))));
  v128.store(target + 2 * to, fma(qq, even2, fma(pp, even, v128.load(source + 5 * from))));
}
