import { fma } from './simd';

/** Vectors of constants, in memory: V8 would build each anew at each use, which takes as long as what is computed. */
let constants: usize = 0;

/** Places of the constants. */
const LIMIT = 0, LOG2_E = 1, ROUNDING = 2, LN_2 = 3, LN_2_REST = 4, POWER = 5, SERIES = 6;
const ONE = 13, HALF = 14, ERF = 15;

/** Where this thread finds the constants, of which each has an instance of its own as of its number. */
export function setConstants(place: usize): void {
  constants = place;
}

/** Writes the constants. */
export function storeConstants(place: usize): void {
  put(place, LIMIT, 87);
  put(place, LOG2_E, 1.44269504);
  put(place, ROUNDING, 12582912);
  put(place, LN_2, -0.693359375);
  put(place, LN_2_REST, 2.12194440e-4);
  v128.store(place + (POWER << 4), i32x4.splat(0x4b400000 - 127));
  put(place, SERIES, 1.0 / 5040.0);
  put(place, SERIES + 1, 1.0 / 720.0);
  put(place, SERIES + 2, 1.0 / 120.0);
  put(place, SERIES + 3, 1.0 / 24.0);
  put(place, SERIES + 4, 1.0 / 6.0);
  put(place, HALF, 0.5);
  put(place, ONE, 1);
  put(place, ERF, 0.3275911);
  put(place, ERF + 1, 1.061405429);
  put(place, ERF + 2, -1.453152027);
  put(place, ERF + 3, 1.421413741);
  put(place, ERF + 4, -0.284496736);
  put(place, ERF + 5, 0.254829592);
}

function put(place: usize, index: usize, value: f32): void {
  v128.store(place + (index << 4), f32x4.splat(value));
}

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load(constants + (index << 4));
}

/** 1 in each lane. */
// @ts-ignore: decorator
@inline
export function one4(): v128 {
  return constant(ONE);
}

/** 1/2 in each lane. */
// @ts-ignore: decorator
@inline
export function half4(): v128 {
  return constant(HALF);
}

/** e^x in each lane within a few roundings, x held to at most 87 in size. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // e^x = 2^n · e^r with |r| at most ln 2 / 2, by the Taylor series of e^r. Added to 1.5 · 2^23, x / ln 2 is rounded,
  // and n are the last bits.
  const limit = constant(LIMIT);
  const z = f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit));
  const shifted = f32x4.add(f32x4.mul(z, constant(LOG2_E)), constant(ROUNDING));
  const n = f32x4.sub(shifted, constant(ROUNDING));
  // ln 2 in two parts: the first has few bits, so that n times it is exact.
  const r = fma(n, constant(LN_2_REST), fma(n, constant(LN_2), z));
  let series = fma(r, constant(SERIES), constant(SERIES + 1));
  series = fma(series, r, constant(SERIES + 2));
  series = fma(series, r, constant(SERIES + 3));
  series = fma(series, r, constant(SERIES + 4));
  series = fma(series, r, constant(HALF));
  series = fma(series, r, constant(ONE));
  series = fma(series, r, constant(ONE));
  const power = i32x4.shl(i32x4.sub(shifted, constant(POWER)), 23);
  return f32x4.mul(power, series);
}

/** 1 / (1 + e^-x) in each lane, within a few roundings. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(one4(), f32x4.add(exp4(f32x4.neg(x)), one4()));
}

/** The error function in each lane, up to 2e-7. Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const size = f32x4.abs(x);
  const t = f32x4.div(one4(), fma(size, constant(ERF), one4()));
  let series = fma(t, constant(ERF + 1), constant(ERF + 2));
  series = fma(series, t, constant(ERF + 3));
  series = fma(series, t, constant(ERF + 4));
  series = fma(series, t, constant(ERF + 5));
  const rest = f32x4.mul(f32x4.mul(series, t), exp4(f32x4.neg(f32x4.mul(size, size))));
  return v128.bitselect(x, f32x4.sub(one4(), rest), f32x4.splat(-0.0));
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(x: v128): f32 {
  const left = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
  return left + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
