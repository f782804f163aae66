/**
 * The one-dimensional transforms of F(4, 3), interpolation points 0, ±1, ±2 and ∞: Lavin and Gray, "Fast algorithms for
 * convolutional neural networks" (2016). Each takes four channels' vectors from `source`, `from` bytes apart, and writes
 * to `target`, `to` bytes apart. Applied to columns and then to rows they transform a tile; the last two are the adjoints of
 * the output and the filter transform, and make the filter's gradient out of the same products.
 */
import { fma } from './simd';

/** Bᵀ, 6 → 6: a tile of the input. */
// @ts-ignore: decorator
@inline
export function inputTransform(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, target: usize, to: usize): void {
  const four = f32x4.splat(-4), five = f32x4.splat(-5);
  v128.store(target, fma(f32x4.splat(4), d0, fma(five, d2, d4)));
  const even = fma(four, d2, d4), odd = fma(four, d1, d3);
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const outer = f32x4.sub(d4, d2), inner = f32x4.sub(d3, d1);
  v128.store(target + 3 * to, fma(f32x4.splat(2), inner, outer));
  v128.store(target + 4 * to, fma(f32x4.splat(-2), inner, outer));
  v128.store(target + 5 * to, fma(f32x4.splat(4), d1, fma(five, d3, d5)));
}

/** G, 3 → 6: a filter. */
// @ts-ignore: decorator
@inline
export function filterTransform(g0: v128, g1: v128, g2: v128, target: usize, to: usize): void {
  v128.store(target, f32x4.mul(g0, f32x4.splat(0.25)));
  const sixth = f32x4.splat(-1.0 / 6);
  const even = f32x4.mul(f32x4.add(g0, g2), sixth), odd = f32x4.mul(g1, sixth);
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const outer = fma(g0, f32x4.splat(1.0 / 24), f32x4.mul(g2, f32x4.splat(1.0 / 6)));
  const inner = f32x4.mul(g1, f32x4.splat(1.0 / 12));
  v128.store(target + 3 * to, f32x4.add(outer, inner));
  v128.store(target + 4 * to, f32x4.sub(outer, inner));
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
  v128.store(target + to, fma(f32x4.splat(2), difference2, difference));
  v128.store(target + 2 * to, fma(f32x4.splat(4), sum2, sum));
  v128.store(target + 3 * to, f32x4.add(fma(f32x4.splat(8), difference2, difference), v128.load(source + 5 * from)));
}

/** A, 4 → 6: a tile of the output's gradient. */
// @ts-ignore: decorator
@inline
export function outputAdjoint(y0: v128, y1: v128, y2: v128, y3: v128, target: usize, to: usize): void {
  v128.store(target, y0);
  const even = f32x4.add(y0, y2), odd = f32x4.add(y1, y3);
  v128.store(target + to, f32x4.add(even, odd));
  v128.store(target + 2 * to, f32x4.sub(even, odd));
  const even4 = fma(f32x4.splat(4), y2, y0), odd4 = fma(f32x4.splat(4), y3, y1);
  v128.store(target + 3 * to, fma(f32x4.splat(2), odd4, even4));
  v128.store(target + 4 * to, fma(f32x4.splat(-2), odd4, even4));
  v128.store(target + 5 * to, y3);
}

/** Gᵀ, 6 → 3: the gradient of a filter. */
// @ts-ignore: decorator
@inline
export function filterAdjoint(source: usize, from: usize, target: usize, to: usize): void {
  const u1 = v128.load(source + from), u2 = v128.load(source + 2 * from);
  const u3 = v128.load(source + 3 * from), u4 = v128.load(source + 4 * from);
  const sixth = f32x4.splat(1.0 / 6);
  const sum = f32x4.mul(f32x4.add(u1, u2), sixth), sum2 = f32x4.add(u3, u4);
  const outer = fma(v128.load(source), f32x4.splat(0.25), f32x4.mul(sum2, f32x4.splat(1.0 / 24)));
  v128.store(target, f32x4.sub(outer, sum));
  const difference = f32x4.mul(f32x4.sub(u2, u1), sixth);
  v128.store(target + to, fma(f32x4.sub(u3, u4), f32x4.splat(1.0 / 12), difference));
  v128.store(target + 2 * to, f32x4.add(f32x4.sub(f32x4.mul(sum2, sixth), sum), v128.load(source + 5 * from)));
}
