import { fma, load1, load4, store1, store4 } from './simd';

/** dy where the ReLU let x · scale + shift through (above `low`), else 0. */
// @ts-ignore: decorator
@inline
function passed4(x: v128, dy: v128, scale: v128, shift: v128, low: v128): v128 {
  return v128.and(dy, f32x4.gt(fma(x, scale, shift), low));
}

// @ts-ignore: decorator
@inline
function passed1(x: f32, dy: f32, scale: f32, shift: f32, low: f32): f32 {
  return x * scale + shift > low ? dy : 0;
}

/** Σ d, then Σ d · (x - mean), of each channel over chunks of rows, with d = dy behind the ReLU. */
export function batchNormGradientPartials(
  begin: i32, end: i32,
  x: usize, dy: usize, mean: usize, scale: usize, shift: usize, partials: usize,
  rows: i32, channels: i32, rowsPerChunk: i32, relu: i32,
): void {
  sumChunks(begin, end, x, dy, 0, mean, scale, shift, partials, rows, channels, rowsPerChunk, relu);
}

/** The same sums, and dx = d · scale, where mean and variance do not depend on x. */
export function batchNormFixedGradient(
  begin: i32, end: i32,
  x: usize, dy: usize, dx: usize, mean: usize, scale: usize, shift: usize, partials: usize,
  rows: i32, channels: i32, rowsPerChunk: i32, relu: i32,
): void {
  sumChunks(begin, end, x, dy, dx, mean, scale, shift, partials, rows, channels, rowsPerChunk, relu);
}

// @ts-ignore: decorator
@inline
function sumChunks(
  begin: i32, end: i32,
  x: usize, dy: usize, dx: usize, mean: usize, scale: usize, shift: usize, partials: usize,
  rows: i32, channels: i32, rowsPerChunk: i32, relu: i32,
): void {
  const low = relu ? <f32>0 : -Infinity as f32;
  const lows = f32x4.splat(low);
  for (let chunk = begin; chunk < end; chunk++) {
    const first = chunk * rowsPerChunk;
    const count = min(rowsPerChunk, rows - first);
    const sums = partials + (<usize>chunk * 2 * channels << 2);
    const products = sums + (<usize>channels << 2);
    let c = 0;
    for (; c + 8 <= channels; c += 8) {
      const scale0 = load4(scale, c);
      const scale1 = load4(scale, c + 4);
      const shift0 = load4(shift, c);
      const shift1 = load4(shift, c + 4);
      const mean0 = load4(mean, c);
      const mean1 = load4(mean, c + 4);
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let product0 = f32x4.splat(0);
      let product1 = f32x4.splat(0);
      let offset = <usize>first * channels + c;
      for (let r = 0; r < count; r++) {
        const x0 = load4(x, offset);
        const x1 = load4(x, offset + 4);
        const d0 = passed4(x0, load4(dy, offset), scale0, shift0, lows);
        const d1 = passed4(x1, load4(dy, offset + 4), scale1, shift1, lows);
        sum0 = f32x4.add(sum0, d0);
        sum1 = f32x4.add(sum1, d1);
        product0 = fma(d0, f32x4.sub(x0, mean0), product0);
        product1 = fma(d1, f32x4.sub(x1, mean1), product1);
        if (dx) {
          store4(dx, offset, f32x4.mul(d0, scale0));
          store4(dx, offset + 4, f32x4.mul(d1, scale1));
        }
        offset += channels;
      }
      store4(sums, c, sum0);
      store4(sums, c + 4, sum1);
      store4(products, c, product0);
      store4(products, c + 4, product1);
    }
    for (; c < channels; c++) {
      const factor = load1(scale, c);
      const addend = load1(shift, c);
      const average = load1(mean, c);
      let sum: f32 = 0;
      let product: f32 = 0;
      let offset = <usize>first * channels + c;
      for (let r = 0; r < count; r++) {
        const value = load1(x, offset);
        const d = passed1(value, load1(dy, offset), factor, addend, low);
        sum += d;
        product += d * (value - average);
        if (dx) store1(dx, offset, d * factor);
        offset += channels;
      }
      store1(sums, c, sum);
      store1(products, c, product);
    }
  }
}

/**
 * The gradients of weight and bias from the chunks, and what makes that of the input: dx = d · scale + x · slope +
 * offset, where slope takes out what d has in common with x and offset its mean. In float64.
 */
export function batchNormGradientCombine(
  begin: i32, end: i32,
  partials: usize, mean: usize, variance: usize, weight: usize,
  dWeight: usize, dBias: usize, slope: usize, offset: usize,
  rows: i32, channels: i32, chunks: i32, epsilon: f32,
): void {
  for (let c = begin; c < end; c++) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      sum += load1(partials, 2 * i * channels + c);
      product += load1(partials, (2 * i + 1) * channels + c);
    }
    const inverse = 1 / Math.sqrt(<f64>load1(variance, c) + epsilon);
    const scale = load1(weight, c) * inverse;
    const factor = -scale * inverse * inverse * product / rows;
    store1(dWeight, c, <f32>(product * inverse));
    store1(dBias, c, <f32>sum);
    store1(slope, c, <f32>factor);
    store1(offset, c, <f32>(-scale * sum / rows - factor * load1(mean, c)));
  }
}

/** dx = d · scale + x · slope + offset in each channel of each row, with d = dy behind the ReLU. */
export function batchNormGradientApply(
  begin: i32, end: i32,
  x: usize, dy: usize, dx: usize, scale: usize, shift: usize, slope: usize, offset: usize,
  channels: i32, relu: i32,
): void {
  const low = relu ? <f32>0 : -Infinity as f32;
  const lows = f32x4.splat(low);
  for (let r = begin; r < end; r++) {
    const xs = x + (<usize>r * channels << 2);
    const dys = dy + (<usize>r * channels << 2);
    const dxs = dx + (<usize>r * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const value = load4(xs, c);
      const factor = load4(scale, c);
      const d = passed4(value, load4(dys, c), factor, load4(shift, c), lows);
      store4(dxs, c, fma(d, factor, fma(value, load4(slope, c), load4(offset, c))));
    }
    for (; c < channels; c++) {
      const value = load1(xs, c);
      const factor = load1(scale, c);
      const d = passed1(value, load1(dys, c), factor, load1(shift, c), low);
      store1(dxs, c, d * factor + (value * load1(slope, c) + load1(offset, c)));
    }
  }
}
