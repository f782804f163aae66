import { sigmoid4 } from './exponential';
import { fma, load1, load4, store1, store4 } from './simd';

/**
 * The gates of logits, sigmoid(x), 0 where that is below 2^-80; four values an item, `count` in all. Such a gate
 * changes no sum, yet products with it become numbers too small to be normal, with which processors compute far slower.
 */
export function gates(begin: i32, end: i32, x: usize, y: usize, count: i32): void {
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) store4(y, i, gate4(load4(x, i)));
  for (; i < last; i++) store1(y, i, f32x4.extract_lane(gate4(f32x4.splat(load1(x, i))), 0));
}

// @ts-ignore: decorator
@inline
function gate4(x: v128): v128 {
  const open = sigmoid4(x);
  return v128.andnot(open, f32x4.lt(open, f32x4.splat(8.271806125530277e-25)));
}

/** y = x · gate for each pixel. */
export function attentionGate(
  begin: i32, end: i32, x: usize, gate: usize, y: usize, channels: i32,
): void {
  for (let pixel = begin; pixel < end; pixel++) {
    const factor = load1(gate, pixel);
    const factors = f32x4.splat(factor);
    const source = x + (<usize>pixel * channels << 2);
    const target = y + (<usize>pixel * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) store4(target, c, f32x4.mul(load4(source, c), factors));
    for (; c < channels; c++) store1(target, c, load1(source, c) * factor);
  }
}

/** dx = dy · gate and the logit's gradient, (Σ dy · x) · gate · (1 - gate), for each pixel. */
export function attentionGateGradient(
  begin: i32, end: i32, x: usize, gate: usize, dy: usize, dx: usize, dLogits: usize, channels: i32,
): void {
  for (let pixel = begin; pixel < end; pixel++) {
    const factor = load1(gate, pixel);
    const factors = f32x4.splat(factor);
    const offset = <usize>pixel * channels << 2;
    let sums = f32x4.splat(0);
    let sum: f32 = 0;
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const gradient = load4(dy + offset, c);
      sums = fma(gradient, load4(x + offset, c), sums);
      store4(dx + offset, c, f32x4.mul(gradient, factors));
    }
    for (; c < channels; c++) {
      const gradient = load1(dy + offset, c);
      sum += gradient * load1(x + offset, c);
      store1(dx + offset, c, gradient * factor);
    }
    sum += f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
    sum += f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
    store1(dLogits, pixel, sum * factor * (1 - factor));
  }
}

/** y = max(0, a + b); four values an item, `count` in all. */
export function addRelu(begin: i32, end: i32, a: usize, b: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) store4(y, i, f32x4.max(f32x4.add(load4(a, i), load4(b, i)), zero));
  for (; i < last; i++) store1(y, i, max(load1(a, i) + load1(b, i), 0));
}

/** dx = dy where y is above zero, else 0; four values an item, `count` in all. */
export function reluGradient(begin: i32, end: i32, dy: usize, y: usize, dx: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) store4(dx, i, v128.and(load4(dy, i), f32x4.gt(load4(y, i), zero)));
  for (; i < last; i++) store1(dx, i, load1(y, i) > 0 ? load1(dy, i) : 0);
}
