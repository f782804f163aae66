/**
 * The one-dimensional transforms of F(4, 2), for the 2 × 2 taps of each phase of a transposed convolution 4×4 with stride 2; form
 * and names as in `winograd.ts`. The interpolation points are ±3/8, ±5/4 and ∞, chosen for their rounding among those that
 * binary fractions hold.
 */
import { fma } from './simd';

const P: f32 = 0.375;
const Q: f32 = 1.25;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;
/** Divisors of the filter's transform: the products of each point's distances to the others. */
const DP: f32 = 2 * P * (PP - QQ);
const DQ: f32 = 2 * Q * (QQ - PP);

/** Bᵀ, 5 → 5: a tile of the input. */
// @ts-ignore: decorator
@inline
export function phaseInputTransform(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, target: usize, to: usize): void {
  const pp = f32x4.splat(-PP), qq = f32x4.splat(-QQ);
  const even = fma(qq, d0, d2), odd = fma(qq, d1, d3);
  v128.store(target, fma(f32x4.splat(P), even, odd));
  v128.store(target + to, fma(f32x4.splat(-P), even, odd));
  const even2 = fma(pp, d0, d2), odd2 = fma(pp, d1, d3);
  v128.store(target + 2 * to, fma(f32x4.splat(Q), even2, odd2));
  v128.store(target + 3 * to, fma(f32x4.splat(-Q), even2, odd2));
  v128.store(target + 4 * to, fma(f32x4.splat(PP * QQ), d0, fma(f32x4.splat(-PP - QQ), d2, d4)));
}

/** G, 2 → 5: a filter. */
// @ts-ignore: decorator
@inline
export function phaseFilterTransform(g0: v128, g1: v128, target: usize, to: usize): void {
  const even = f32x4.mul(g0, f32x4.splat(1 / DP)), odd = f32x4.mul(g1, f32x4.splat(P / DP));
  v128.store(target, f32x4.add(odd, even));
  v128.store(target + to, f32x4.sub(odd, even));
  const even2 = f32x4.mul(g0, f32x4.splat(1 / DQ)), odd2 = f32x4.mul(g1, f32x4.splat(Q / DQ));
  v128.store(target + 2 * to, f32x4.add(odd2, even2));
  v128.store(target + 3 * to, f32x4.sub(odd2, even2));
  v128.store(target + 4 * to, g1);
}

/** Aᵀ, 5 → 4: a tile of the output. */
// @ts-ignore: decorator
@inline
export function phaseOutputTransform(source: usize, from: usize, target: usize, to: usize): void {
  const m0 = v128.load(source), m1 = v128.load(source + from);
  const m2 = v128.load(source + 2 * from), m3 = v128.load(source + 3 * from);
  const sum = f32x4.add(m0, m1), difference = f32x4.sub(m0, m1);
  const sum2 = f32x4.add(m2, m3), difference2 = f32x4.sub(m2, m3);
  v128.store(target, f32x4.add(sum, sum2));
  v128.store(target + to, fma(f32x4.splat(Q), difference2, f32x4.mul(f32x4.splat(P), difference)));
  v128.store(target + 2 * to, fma(f32x4.splat(QQ), sum2, f32x4.mul(f32x4.splat(PP), sum)));
  const last = fma(f32x4.splat(P * PP), difference, v128.load(source + 4 * from));
  v128.store(target + 3 * to, fma(f32x4.splat(Q * QQ), difference2, last));
}

/** A, 4 → 5: a tile of the output's gradient. */
// @ts-ignore: decorator
@inline
export function phaseOutputAdjoint(y0: v128, y1: v128, y2: v128, y3: v128, target: usize, to: usize): void {
  const even = fma(f32x4.splat(PP), y2, y0), odd = fma(f32x4.splat(PP), y3, y1);
  v128.store(target, fma(f32x4.splat(P), odd, even));
  v128.store(target + to, fma(f32x4.splat(-P), odd, even));
  const even2 = fma(f32x4.splat(QQ), y2, y0), odd2 = fma(f32x4.splat(QQ), y3, y1);
  v128.store(target + 2 * to, fma(f32x4.splat(Q), odd2, even2));
  v128.store(target + 3 * to, fma(f32x4.splat(-Q), odd2, even2));
  v128.store(target + 4 * to, y3);
}

/** Gᵀ, 5 → 2: the gradient of a filter. */
// @ts-ignore: decorator
@inline
export function phaseFilterAdjoint(source: usize, from: usize, target: usize, to: usize): void {
  const u0 = v128.load(source), u1 = v128.load(source + from);
  const u2 = v128.load(source + 2 * from), u3 = v128.load(source + 3 * from);
  const even = f32x4.mul(f32x4.sub(u0, u1), f32x4.splat(1 / DP));
  v128.store(target, fma(f32x4.sub(u2, u3), f32x4.splat(1 / DQ), even));
  const odd = fma(f32x4.add(u0, u1), f32x4.splat(P / DP), v128.load(source + 4 * from));
  v128.store(target + to, fma(f32x4.add(u2, u3), f32x4.splat(Q / DQ), odd));
}
