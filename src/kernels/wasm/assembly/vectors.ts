import { fma, load1, load4, loadPart, store1, store4, storePart } from './simd';

/** Values of one chunk of a sum. */
const CHUNK: i32 = 8192;

/** y = x; four values an item, `count` in all. */
export function copyVector(begin: i32, end: i32, x: usize, y: usize, count: i32): void {
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) store4(y, i, load4(x, i));
  for (; i < last; i++) store1(y, i, load1(x, i));
}

/** y = a · factorA + b · factorB; four values an item, `count` in all. */
export function blend(
  begin: i32, end: i32, a: usize, b: usize, y: usize, count: i32, factorA: f32, factorB: f32,
): void {
  const factorsA = f32x4.splat(factorA);
  const factorsB = f32x4.splat(factorB);
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) {
    store4(y, i, fma(load4(a, i), factorsA, f32x4.mul(load4(b, i), factorsB)));
  }
  if (i < last) {
    const b4 = f32x4.mul(loadPart(b, i, last - i), factorsB);
    storePart(y, i, fma(loadPart(a, i, last - i), factorsA, b4), last - i);
  }
}

/** y = x · factor; four values an item, `count` in all. */
export function scaleVector(begin: i32, end: i32, x: usize, y: usize, count: i32, factor: f32): void {
  const values = f32x4.splat(factor);
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) store4(y, i, f32x4.mul(load4(x, i), values));
  for (; i < last; i++) store1(y, i, load1(x, i) * factor);
}

/** Sums of the squares of chunks, in float64. */
export function squaresPartials(begin: i32, end: i32, x: usize, partials: usize, count: i32): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const last = min((chunk + 1) * CHUNK, count);
    let i = chunk * CHUNK;
    let sums = f32x4.splat(0);
    for (; i + 4 <= last; i += 4) {
      const values = load4(x, i);
      sums = fma(values, values, sums);
    }
    let sum = <f64>f32x4.extract_lane(sums, 0) + <f64>f32x4.extract_lane(sums, 1);
    sum += <f64>f32x4.extract_lane(sums, 2) + <f64>f32x4.extract_lane(sums, 3);
    for (; i < last; i++) {
      const value = <f64>load1(x, i);
      sum += value * value;
    }
    store<f64>(partials + (<usize>chunk << 3), sum);
  }
}

/** The root of the sum of all partial sums. */
export function normOfPartials(_begin: i32, _end: i32, partials: usize, norm: usize, count: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += load<f64>(partials + (<usize>i << 3));
  store1(norm, 0, <f32>Math.sqrt(sum));
}

/** The next integer. */
export function increment(_begin: i32, _end: i32, old: usize, result: usize): void {
  store<i32>(result, load<i32>(old) + 1);
}
