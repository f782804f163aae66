import { fma, load1, load4, store1, store4 } from './simd';

/**
 * Mean and sum of squared deviations of each channel over chunks of rows: `partials` receives, for each chunk, first
 * the means, then the sums. A chunk is small enough to be read twice from the cache, so nothing cancels.
 */
export function batchNormPartials(
  begin: i32, end: i32,
  x: usize, partials: usize, rows: i32, channels: i32, rowsPerChunk: i32,
): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const first = chunk * rowsPerChunk;
    const count = min(rowsPerChunk, rows - first);
    chunkStatistics(x + (<usize>first * channels << 2), partials + (<usize>chunk * 2 * channels << 2), count, channels);
  }
}

/** Mean and sum of squared deviations of each channel of `count` rows: first the means, then the sums. */
export function chunkStatistics(source: usize, means: usize, count: i32, channels: i32): void {
  const squares = means + (<usize>channels << 2);
  const inverse = <f32>1 / <f32>count;
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let at: usize = c;
    for (let r = 0; r < count; r++) {
      sum0 = f32x4.add(sum0, load4(source, at));
      sum1 = f32x4.add(sum1, load4(source, at + 4));
      at += channels;
    }
    const mean0 = f32x4.mul(sum0, f32x4.splat(inverse));
    const mean1 = f32x4.mul(sum1, f32x4.splat(inverse));
    let square0 = f32x4.splat(0);
    let square1 = f32x4.splat(0);
    at = c;
    for (let r = 0; r < count; r++) {
      const d0 = f32x4.sub(load4(source, at), mean0);
      const d1 = f32x4.sub(load4(source, at + 4), mean1);
      square0 = fma(d0, d0, square0);
      square1 = fma(d1, d1, square1);
      at += channels;
    }
    store4(means, c, mean0);
    store4(means, c + 4, mean1);
    store4(squares, c, square0);
    store4(squares, c + 4, square1);
  }
  for (; c < channels; c++) {
    let sum: f32 = 0;
    for (let r = 0; r < count; r++) sum += load1(source, r * channels + c);
    const mean = sum * inverse;
    let square: f32 = 0;
    for (let r = 0; r < count; r++) {
      const d = load1(source, r * channels + c) - mean;
      square += d * d;
    }
    store1(means, c, mean);
    store1(squares, c, square);
  }
}

/** Mean and biased variance of each channel from its chunks. Chan et al., "Updating formulae" (1979), in float64. */
export function batchNormCombine(
  begin: i32, end: i32,
  partials: usize, mean: usize, variance: usize, rows: i32, channels: i32, rowsPerChunk: i32,
): void {
  const chunks = (rows + rowsPerChunk - 1) / rowsPerChunk;
  for (let c = begin; c < end; c++) {
    let sum: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      const count = min(rowsPerChunk, rows - i * rowsPerChunk);
      sum += <f64>load1(partials, 2 * i * channels + c) * count;
    }
    const average = sum / rows;
    let squares: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      const count = min(rowsPerChunk, rows - i * rowsPerChunk);
      const d = <f64>load1(partials, 2 * i * channels + c) - average;
      squares += <f64>load1(partials, (2 * i + 1) * channels + c) + d * d * count;
    }
    store1(mean, c, <f32>average);
    store1(variance, c, <f32>(squares / rows));
  }
}

/** What multiplies and what is added in each channel: weight / √(variance + ε) and bias - mean times that. */
export function batchNormAffine(
  begin: i32, end: i32,
  mean: usize, variance: usize, weight: usize, bias: usize, scale: usize, shift: usize, epsilon: f32,
): void {
  for (let c = begin; c < end; c++) {
    const factor = <f64>load1(weight, c) / Math.sqrt(<f64>load1(variance, c) + epsilon);
    store1(scale, c, <f32>factor);
    store1(shift, c, <f32>(<f64>load1(bias, c) - <f64>load1(mean, c) * factor));
  }
}

/** y = x · scale + shift in each channel of each row, then max(0, ·) if `relu`. */
export function scaleShift(
  begin: i32, end: i32,
  x: usize, y: usize, scale: usize, shift: usize, channels: i32, relu: i32,
): void {
  const low = relu ? <f32>0 : -Infinity as f32;
  const lows = f32x4.splat(low);
  for (let r = begin; r < end; r++) {
    const source = x + (<usize>r * channels << 2);
    const target = y + (<usize>r * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const value = fma(load4(source, c), load4(scale, c), load4(shift, c));
      store4(target, c, f32x4.max(value, lows));
    }
    for (; c < channels; c++) store1(target, c, max(load1(source, c) * load1(scale, c) + load1(shift, c), low));
  }
}
