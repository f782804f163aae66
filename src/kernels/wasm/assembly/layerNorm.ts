import { laneSum } from './exponential';
import { fma, load1, load4, store1, store4 } from './simd';

/** y = (x - mean) · deviation · weight + bias of each row, weight and bias where they are not 0; items are rows. */
export function layerNorm(
  begin: i32, end: i32,
  x: usize, weight: usize, bias: usize, y: usize, mean: usize, deviation: usize, channels: i32, epsilon: f32,
): void {
  const inverse = <f32>1 / <f32>channels;
  for (let row = begin; row < end; row++) {
    const source = x + (<usize>row * channels << 2);
    const target = y + (<usize>row * channels << 2);
    let sums = f32x4.splat(0);
    let c = 0;
    for (; c + 4 <= channels; c += 4) sums = f32x4.add(sums, load4(source, c));
    let sum = laneSum(sums);
    for (; c < channels; c++) sum += load1(source, c);
    const average = sum * inverse;
    const averages = f32x4.splat(average);
    let squares = f32x4.splat(0);
    for (c = 0; c + 4 <= channels; c += 4) {
      const d = f32x4.sub(load4(source, c), averages);
      squares = fma(d, d, squares);
    }
    let square = laneSum(squares);
    for (; c < channels; c++) {
      const d = load1(source, c) - average;
      square += d * d;
    }
    const factor = <f32>(1 / Math.sqrt(<f64>square * inverse + epsilon));
    store1(mean, row, average);
    store1(deviation, row, factor);
    const factors = f32x4.splat(factor);
    for (c = 0; c + 4 <= channels; c += 4) {
      let value = f32x4.mul(f32x4.sub(load4(source, c), averages), factors);
      if (weight) value = f32x4.mul(value, load4(weight, c));
      if (bias) value = f32x4.add(value, load4(bias, c));
      store4(target, c, value);
    }
    for (; c < channels; c++) {
      let value = (load1(source, c) - average) * factor;
      if (weight) value *= load1(weight, c);
      if (bias) value += load1(bias, c);
      store1(target, c, value);
    }
  }
}

/** The gradient of x of {@link layerNorm}; items are rows. */
export function layerNormGradient(
  begin: i32, end: i32,
  x: usize, dy: usize, weight: usize, mean: usize, deviation: usize, dx: usize, channels: i32,
): void {
  const inverse = <f32>1 / <f32>channels;
  for (let row = begin; row < end; row++) {
    const offset = <usize>row * channels << 2;
    const average = load1(mean, row);
    const factor = load1(deviation, row);
    const averages = f32x4.splat(average);
    let sums = f32x4.splat(0);
    let products = f32x4.splat(0);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      let d = load4(dy + offset, c);
      if (weight) d = f32x4.mul(d, load4(weight, c));
      sums = f32x4.add(sums, d);
      products = fma(d, f32x4.sub(load4(x + offset, c), averages), products);
    }
    let sum = laneSum(sums);
    let product = laneSum(products);
    for (; c < channels; c++) {
      const d = load1(dy + offset, c) * (weight ? load1(weight, c) : 1);
      sum += d;
      product += d * (load1(x + offset, c) - average);
    }
    // dx = factor · (d - Σd / n - normal · Σ(d · normal) / n), with normal = (x - average) · factor.
    const slope = -factor * factor * factor * product * inverse;
    const addend = -factor * sum * inverse;
    const slopes = f32x4.splat(slope);
    const addends = f32x4.splat(addend);
    const factors = f32x4.splat(factor);
    for (c = 0; c + 4 <= channels; c += 4) {
      let d = load4(dy + offset, c);
      if (weight) d = f32x4.mul(d, load4(weight, c));
      const rest = fma(f32x4.sub(load4(x + offset, c), averages), slopes, addends);
      store4(dx + offset, c, fma(d, factors, rest));
    }
    for (; c < channels; c++) {
      const d = load1(dy + offset, c) * (weight ? load1(weight, c) : 1);
      store1(dx + offset, c, d * factor + ((load1(x + offset, c) - average) * slope + addend));
    }
  }
}

/** Σ dy · normal, then Σ dy, of each channel over chunks of rows; items are chunks. */
export function layerNormPartials(
  begin: i32, end: i32,
  x: usize, dy: usize, mean: usize, deviation: usize, partials: usize, rows: i32, channels: i32, rowsPerChunk: i32,
): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const products = partials + (<usize>chunk * 2 * channels << 2);
    const sums = products + (<usize>channels << 2);
    memory.fill(products, 0, <usize>channels << 3);
    const last = min((chunk + 1) * rowsPerChunk, rows);
    for (let row = chunk * rowsPerChunk; row < last; row++) {
      const offset = <usize>row * channels << 2;
      const average = load1(mean, row);
      const factor = load1(deviation, row);
      const averages = f32x4.splat(average);
      const factors = f32x4.splat(factor);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const d = load4(dy + offset, c);
        const normal = f32x4.mul(f32x4.sub(load4(x + offset, c), averages), factors);
        store4(products, c, fma(d, normal, load4(products, c)));
        store4(sums, c, f32x4.add(load4(sums, c), d));
      }
      for (; c < channels; c++) {
        const d = load1(dy + offset, c);
        store1(products, c, load1(products, c) + d * (load1(x + offset, c) - average) * factor);
        store1(sums, c, load1(sums, c) + d);
      }
    }
  }
}
