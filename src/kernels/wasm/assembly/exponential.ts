import { fma } from './simd';

/** e^x in each lane within a few roundings, x held to at most 87 in size. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // e^x = 2^n · e^r with |r| at most ln 2 / 2, by the Taylor series of e^r.
  const z = f32x4.max(f32x4.min(x, f32x4.splat(87)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(z, f32x4.splat(1.44269504)));
  // ln 2 in two parts: the first has few bits, so that n times it is exact.
  const r = fma(n, f32x4.splat(2.12194440e-4), fma(n, f32x4.splat(-0.693359375), z));
  let series = fma(r, f32x4.splat(1.0 / 5040.0), f32x4.splat(1.0 / 720.0));
  series = fma(series, r, f32x4.splat(1.0 / 120.0));
  series = fma(series, r, f32x4.splat(1.0 / 24.0));
  series = fma(series, r, f32x4.splat(1.0 / 6.0));
  series = fma(series, r, f32x4.splat(0.5));
  series = fma(series, r, f32x4.splat(1));
  series = fma(series, r, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(power, series);
}

/** 1 / (1 + e^-x) in each lane, within a few roundings. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(exp4(f32x4.neg(x)), f32x4.splat(1)));
}

/** The error function in each lane, up to 2e-7. Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const size = f32x4.abs(x);
  const t = f32x4.div(f32x4.splat(1), fma(size, f32x4.splat(0.3275911), f32x4.splat(1)));
  let series = fma(t, f32x4.splat(1.061405429), f32x4.splat(-1.453152027));
  series = fma(series, t, f32x4.splat(1.421413741));
  series = fma(series, t, f32x4.splat(-0.284496736));
  series = fma(series, t, f32x4.splat(0.254829592));
  const rest = f32x4.mul(f32x4.mul(series, t), exp4(f32x4.neg(f32x4.mul(size, size))));
  return v128.bitselect(x, f32x4.sub(f32x4.splat(1), rest), f32x4.splat(-0.0));
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(x: v128): f32 {
  const left = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
  return left + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
