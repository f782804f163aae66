import { erf4, exp4, half4, one4, sigmoid4 } from './exponential';
import { fma, load4, loadPart, store4, storePart } from './simd';

/** Numbers of the activations; `kernels/wasm/activations.ts` has the same. */
const SILU: i32 = 0;
const GELU: i32 = 1;

const TANH_SCALE: f32 = 1.5957691216057308; // 2 · √(2 / π)
const TANH_CUBIC: f32 = 0.044715;

/** The activation of x is x times this: the logistic function, or the normal distribution's, or nearly that. */
// @ts-ignore: decorator
@inline
function share4(x: v128, kind: i32): v128 {
  if (kind == SILU) return sigmoid4(x);
  if (kind == GELU) {
    return fma(erf4(f32x4.mul(x, f32x4.splat(0.7071067811865476))), half4(), half4());
  }
  const inner = fma(f32x4.mul(x, x), f32x4.splat(TANH_CUBIC * TANH_SCALE), f32x4.splat(TANH_SCALE));
  return sigmoid4(f32x4.mul(x, inner));
}

/** The derivative of the activation, of its share: share + x · share'. */
// @ts-ignore: decorator
@inline
function slope4(x: v128, share: v128, kind: i32): v128 {
  if (kind == GELU) {
    const density = exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
    return fma(f32x4.mul(x, density), f32x4.splat(0.3989422804014327), share);
  }
  let rest = f32x4.mul(x, f32x4.sub(one4(), share));
  if (kind != SILU) {
    rest = f32x4.mul(rest, fma(f32x4.mul(x, x), f32x4.splat(3 * TANH_CUBIC * TANH_SCALE), f32x4.splat(TANH_SCALE)));
  }
  return fma(share, rest, share);
}

/** x · sigmoid(x) in each lane. */
// @ts-ignore: decorator
@inline
export function silu4(x: v128): v128 {
  return f32x4.mul(x, sigmoid4(x));
}

/** The derivative of {@link silu4}. */
// @ts-ignore: decorator
@inline
export function siluSlope4(x: v128): v128 {
  return slope4(x, sigmoid4(x), SILU);
}

/** y = activation of x; four values an item, `count` in all. */
export function activate(begin: i32, end: i32, x: usize, y: usize, count: i32, kind: i32): void {
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) {
    const value = load4(x, i);
    store4(y, i, f32x4.mul(value, share4(value, kind)));
  }
  if (i < last) {
    const value = loadPart(x, i, last - i);
    storePart(y, i, f32x4.mul(value, share4(value, kind)), last - i);
  }
}

/** dx = dy · slope of the activation at x; four values an item, `count` in all. */
export function activateGradient(
  begin: i32, end: i32, x: usize, dy: usize, dx: usize, count: i32, kind: i32,
): void {
  const last = min(4 * end, count);
  let i = 4 * begin;
  for (; i + 4 <= last; i += 4) {
    const value = load4(x, i);
    store4(dx, i, f32x4.mul(load4(dy, i), slope4(value, share4(value, kind), kind)));
  }
  if (i < last) {
    const value = loadPart(x, i, last - i);
    storePart(dx, i, f32x4.mul(loadPart(dy, i, last - i), slope4(value, share4(value, kind), kind)), last - i);
  }
}

/** y = first half of a row of x times exact GELU of its second; items are rows, of `channels` results. */
export function geglu(begin: i32, end: i32, x: usize, y: usize, channels: i32): void {
  for (let row = begin; row < end; row++) {
    const source = x + (<usize>row * 2 * channels << 2);
    const gates = source + (<usize>channels << 2);
    const target = y + (<usize>row * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const gate = load4(gates, c);
      store4(target, c, f32x4.mul(load4(source, c), f32x4.mul(gate, share4(gate, GELU))));
    }
    if (c < channels) {
      const gate = loadPart(gates, c, channels - c);
      const value = loadPart(source, c, channels - c);
      storePart(target, c, f32x4.mul(value, f32x4.mul(gate, share4(gate, GELU))), channels - c);
    }
  }
}

/** The gradient of {@link geglu}. */
export function gegluGradient(begin: i32, end: i32, x: usize, dy: usize, dx: usize, channels: i32): void {
  for (let row = begin; row < end; row++) {
    const offset = <usize>row * 2 * channels << 2;
    const half = <usize>channels << 2;
    const dys = dy + (<usize>row * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const gate = load4(x + offset + half, c);
      const share = share4(gate, GELU);
      const d = load4(dys, c);
      store4(dx + offset, c, f32x4.mul(d, f32x4.mul(gate, share)));
      store4(dx + offset + half, c, f32x4.mul(f32x4.mul(d, load4(x + offset, c)), slope4(gate, share, GELU)));
    }
    if (c < channels) {
      const lanes = channels - c;
      const gate = loadPart(x + offset + half, c, lanes);
      const share = share4(gate, GELU);
      const d = loadPart(dys, c, lanes);
      const value = loadPart(x + offset, c, lanes);
      storePart(dx + offset, c, f32x4.mul(d, f32x4.mul(gate, share)), lanes);
      storePart(dx + offset + half, c, f32x4.mul(f32x4.mul(d, value), slope4(gate, share, GELU)), lanes);
    }
  }
}
