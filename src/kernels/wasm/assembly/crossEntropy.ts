import { exp4 } from './exponential';
import { fma, load1, load4, store1, store4 } from './simd';
import { ownScratch } from './thread';

/** Loads the floats at `index` of four rows, a lane each. */
// @ts-ignore: decorator
@inline
function gather(a: usize, b: usize, c: usize, d: usize, index: usize): v128 {
  const at = index << 2;
  let lanes = v128.load32_zero(a + at);
  lanes = v128.load32_lane(b + at, lanes, 1);
  lanes = v128.load32_lane(c + at, lanes, 2);
  return v128.load32_lane(d + at, lanes, 3);
}

/** ln x of x from 1 on, NaN of NaN: n ln 2 + 2 artanh((m - 1) / (m + 1)) of x = 2^n m. The library has a table. */
// @ts-ignore: decorator
@inline
function logarithm(x: f32): f32 {
  // The larger half of the mantissas counts as one power more, so that m lies around 1.
  const bits = reinterpret<i32>(x) - 0x3f3504f3;
  const n = bits >> 23;
  const m = reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3);
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let series: f32 = 1.0 / 9.0;
  series = series * z + <f32>(1.0 / 7.0);
  series = series * z + <f32>(1.0 / 5.0);
  series = series * z + <f32>(1.0 / 3.0);
  series = series * z + <f32>1.0;
  return <f32>n * <f32>0.6931471805599453 + (s + s) * series + (x - x);
}

/**
 * Cross-entropies of the softmax of logits [rows, classes] with labels, weighed by `factors` [classes], of which the
 * share `smoothing` is spread over all classes; the weights of the rows, 0 where a label is `ignored` (if `ignoring`),
 * NaN where it is no class; and the slopes, the losses' gradients by the logits. Four rows an item, a lane each.
 * Probabilities below 2^-80 are 0: they change no sum, but products with them would be too small to be normal.
 */
export function crossEntropy(
  begin: i32, end: i32, logits: usize, labels: usize, factors: usize, losses: usize, weights: usize, slopes: usize,
  rows: i32, classes: i32, ignoring: i32, ignored: i32, smoothing: f32, scratch: usize, scratchBytes: usize,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const ofRow = own + (<usize>classes << 4);
  const stride = <usize>classes << 2;
  const least = f32x4.splat(8.271806125530277e-25);
  const spread = smoothing / <f32>classes;
  let all: f32 = 0;
  for (let k = 0; k < classes; k++) all += load1(factors, k);
  for (let item = begin; item < end; item++) {
    const first = item << 2;
    const count = min(4, rows - first);
    const a = logits + <usize>first * stride;
    const b = a + (count > 1 ? stride : 0), c = b + (count > 2 ? stride : 0), d = c + (count > 3 ? stride : 0);
    let top = gather(a, b, c, d, 0);
    for (let k = 1; k < classes; k++) top = f32x4.max(top, gather(a, b, c, d, k));
    let sum = f32x4.splat(0), evenly = f32x4.splat(0);
    for (let k = 0; k < classes; k++) {
      const shifted = f32x4.sub(gather(a, b, c, d, k), top);
      evenly = fma(shifted, v128.load32_splat(factors + (<usize>k << 2)), evenly);
      const power = exp4(shifted);
      const kept = v128.andnot(power, f32x4.lt(power, least));
      sum = f32x4.add(sum, kept);
      store4(own, k << 2, kept);
    }
    // What each row counts, and what all its classes are of that together, over the sum of the powers.
    store4(ofRow, 0, top);
    store4(ofRow, 4, sum);
    store4(ofRow, 8, evenly);
    for (let r = 0; r < 4; r++) {
      const row = first + min(r, count - 1);
      const label = load<i32>(labels + (<usize>row << 2));
      const counts = !(ignoring && label == ignored);
      const isClass = label >= 0 && label < classes;
      const weight: f32 = counts ? (isClass ? load1(factors, label) : NaN) : 0;
      const target = weight * (1 - smoothing);
      const even: f32 = counts ? spread : 0;
      const total = target + even * all;
      const own = load1(ofRow, 4 + r);
      if (r < count) {
        const shifted = counts && isClass ? load1(logits + <usize>row * stride, label) - load1(ofRow, r) : 0;
        const loss = total * logarithm(own) - target * shifted - even * load1(ofRow, 8 + r);
        store1(losses, row, loss);
        store1(weights, row, weight);
      }
      store1(ofRow, r, total / own);
      store1(ofRow, 4 + r, even);
    }
    const factor = load4(ofRow, 0), even = load4(ofRow, 4);
    const target = slopes + <usize>first * stride;
    for (let k = 0; k < classes; k++) {
      const at = target + (<usize>k << 2);
      const taken = f32x4.mul(even, v128.load32_splat(factors + (<usize>k << 2)));
      const slope = f32x4.sub(f32x4.mul(load4(own, k << 2), factor), taken);
      v128.store32_lane(at, slope, 0);
      if (count > 1) v128.store32_lane(at + stride, slope, 1);
      if (count > 2) v128.store32_lane(at + 2 * stride, slope, 2);
      if (count > 3) v128.store32_lane(at + 3 * stride, slope, 3);
    }
    for (let r = 0; r < count; r++) {
      const label = load<i32>(labels + (<usize>(first + r) << 2));
      if (label < 0 || label >= classes || (ignoring && label == ignored)) continue;
      const place = target + <usize>r * stride;
      store1(place, label, load1(place, label) - load1(factors, label) * (1 - smoothing));
    }
  }
}
