/**
 * The one-dimensional transforms of F(4, 3): Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016). The
 * interpolation points are 0, ±5/8, ±3/2 and ∞, which round half as much as the usual ±1 and ±2; Barabasz et al., "Error
 * analysis and improving the accuracy of Winograd convolution" (2020), look for such points.
 *
 * Each takes four channels' vectors and writes to `target`, `to` bytes apart. Applied to columns and then to rows they
 * transform a tile; the last two are the adjoints of the output's and the filter's transform, and make the gradient of the
 * filter out of the same products.
 */
import { fma } from './simd';

const P: f32 = 0.625;
const Q: f32 = 1.5;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;
/** Divisors of the filter's transform: the products of each point's distances to the others. */
const D0: f32 = PP * QQ;
const DP: f32 = 2 * PP * (PP - QQ);
const DQ: f32 = 2 * QQ * (QQ - PP);

/** Bᵀ, 6 → 6: a tile of the input. */
// @ts-ignore: decorator
@inline
export function inputTransform(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, target: usize, to: usize): void {
  const sum = f32x4.splat(-PP - QQ), product = f32x4.splat(PP * QQ);
  const pp = f32x4.splat(-PP), qq = f32x4.splat(-QQ);
  v128.store(target, fma(product, d0, fma(sum, d2, d4)));
  const even = fma(qq, d2, d4), odd = fma(qq, d1, d3);
  v128.store(target + to, fma(f32x4.splat(P), odd, even));
  v128.store(target + 2 * to, fma(f32x4.splat(-P), odd, even));
  const even2 = fma(pp, d2, d4), odd2 = fma(pp, d1, d3);
  v128.store(target + 3 * to, fma(f32x4.splat(Q), odd2, even2));
  v128.store(target + 4 * to, fma(f32x4.splat(-Q), odd2, even2));
  v128.store(target + 5 * to, fma(product, d1, fma(sum, d3, d5)));
}

/** G, 3 → 6: a filter. */
// @ts-ignore: decorator
@inline
export function filterTransform(g0: v128, g1: v128, g2: v128, target: usize, to: usize): void {
  v128.store(target, f32x4.mul(g0, f32x4.splat(1 / D0)));
  const even = fma(g2, f32x4.splat(PP / DP), f32x4.mul(g0, f32x4.splat(1 / DP)));
  const odd = f32x4.mul(g1, f32x4.splat(P / DP));
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const even2 = fma(g2, f32x4.splat(QQ / DQ), f32x4.mul(g0, f32x4.splat(1 / DQ)));
  const odd2 = f32x4.mul(g1, f32x4.splat(Q / DQ));
  v128.store(target + 3 * to, f32x4.add(even2, odd2));
  v128.store(target + 4 * to, f32x4.sub(even2, odd2));
  v128.store(target + 5 * to, g2);
}

/** Aᵀ, 6 → 4: a tile of the output. */
// @ts-ignore: decorator
@inline
export function outputTransform(source: usize, from: usize, target: usize, to: usize): void {
  const m1 = v128.load(source + from), m2 = v128.load(source + 2 * from);
  const m3 = v128.load(source + 3 * from), m4 = v128.load(source + 4 * from);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
  const sum2 = f32x4.add(m3, m4), difference2 = f32x4.sub(m3, m4);
  v128.store(target, f32x4.add(f32x4.add(v128.load(source), sum), sum2));
  v128.store(target + to, fma(f32x4.splat(Q), difference2, f32x4.mul(f32x4.splat(P), difference)));
  v128.store(target + 2 * to, fma(f32x4.splat(QQ), sum2, f32x4.mul(f32x4.splat(PP), sum)));
  const last = fma(f32x4.splat(P * PP), difference, v128.load(source + 5 * from));
  v128.store(target + 3 * to, fma(f32x4.splat(Q * QQ), difference2, last));
}

/** A, 4 → 6: a tile of the output's gradient. */
// @ts-ignore: decorator
@inline
export function outputAdjoint(y0: v128, y1: v128, y2: v128, y3: v128, target: usize, to: usize): void {
  v128.store(target, y0);
  const even = fma(f32x4.splat(PP), y2, y0), odd = fma(f32x4.splat(PP), y3, y1);
  v128.store(target + to, fma(f32x4.splat(P), odd, even));
  v128.store(target + 2 * to, fma(f32x4.splat(-P), odd, even));
  const even2 = fma(f32x4.splat(QQ), y2, y0), odd2 = fma(f32x4.splat(QQ), y3, y1);
  v128.store(target + 3 * to, fma(f32x4.splat(Q), odd2, even2));
  v128.store(target + 4 * to, fma(f32x4.splat(-Q), odd2, even2));
  v128.store(target + 5 * to, y3);
}

/** Gᵀ, 6 → 3: the gradient of a filter. */
// @ts-ignore: decorator
@inline
export function filterAdjoint(source: usize, from: usize, target: usize, to: usize): void {
  const u1 = v128.load(source + from), u2 = v128.load(source + 2 * from);
  const u3 = v128.load(source + 3 * from), u4 = v128.load(source + 4 * from);
  const sum = f32x4.mul(f32x4.add(u1, u2), f32x4.splat(1 / DP));
  const sum2 = f32x4.mul(f32x4.add(u3, u4), f32x4.splat(1 / DQ));
  const difference = f32x4.mul(f32x4.sub(u1, u2), f32x4.splat(P / DP));
  v128.store(target, fma(v128.load(source), f32x4.splat(1 / D0), f32x4.add(sum, sum2)));
  v128.store(target + to, fma(f32x4.sub(u3, u4), f32x4.splat(Q / DQ), difference));
  const last = fma(sum, f32x4.splat(PP), v128.load(source + 5 * from));
  v128.store(target + 2 * to, fma(sum2, f32x4.splat(QQ), last));
}
