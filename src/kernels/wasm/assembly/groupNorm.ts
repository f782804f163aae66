import { silu4, siluSlope4 } from './activations';
import { chunkStatistics } from './batchNorm';
import { fma, load1, load4, loadPart, store1, store4, storePart } from './simd';

/** As `batchNormPartials`, of chunks of each image: items are images times `chunks`. */
export function groupNormPartials(
  begin: i32, end: i32, x: usize, partials: usize, rows: i32, channels: i32, rowsPerChunk: i32, chunks: i32,
): void {
  for (let item = begin; item < end; item++) {
    const first = item % chunks * rowsPerChunk;
    const source = x + ((<usize>(item / chunks) * rows + first) * channels << 2);
    const count = min(rowsPerChunk, rows - first);
    chunkStatistics(source, partials + (<usize>item * 2 * channels << 2), count, channels);
  }
}

/** Mean and 1 / √(variance + ε) of each group of each image, from its chunks, in float64; items are groups. */
export function groupNormCombine(
  begin: i32, end: i32,
  partials: usize, mean: usize, deviation: usize,
  rows: i32, channels: i32, rowsPerChunk: i32, chunks: i32, groups: i32, epsilon: f32,
): void {
  const size = channels / groups;
  const values = <f64>rows * size;
  for (let item = begin; item < end; item++) {
    const source = partials + (<usize>(item / groups) * chunks * 2 * channels << 2);
    const first = item % groups * size;
    let sum: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      const count = min(rowsPerChunk, rows - i * rowsPerChunk);
      for (let c = first; c < first + size; c++) sum += <f64>load1(source, 2 * i * channels + c) * count;
    }
    const average = sum / values;
    let squares: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      const count = min(rowsPerChunk, rows - i * rowsPerChunk);
      for (let c = first; c < first + size; c++) {
        const d = <f64>load1(source, 2 * i * channels + c) - average;
        squares += <f64>load1(source, (2 * i + 1) * channels + c) + d * d * count;
      }
    }
    store1(mean, item, <f32>average);
    store1(deviation, item, <f32>(1 / Math.sqrt(squares / values + epsilon)));
  }
}

/** What multiplies, what is added, and the mean, of each channel of each image; items are images. */
export function groupNormAffine(
  begin: i32, end: i32,
  mean: usize, deviation: usize, weight: usize, bias: usize, scale: usize, shift: usize, centre: usize,
  channels: i32, groups: i32, perSample: i32,
): void {
  const size = channels / groups;
  for (let image = begin; image < end; image++) {
    const parameters = perSample ? <usize>image * channels << 2 : 0;
    for (let c = 0; c < channels; c++) {
      const group = image * groups + c / size;
      const factor = load1(weight + parameters, c) * load1(deviation, group);
      const average = load1(mean, group);
      store1(scale, image * channels + c, factor);
      store1(shift, image * channels + c, <f32>(<f64>load1(bias + parameters, c) - <f64>average * factor));
      store1(centre, image * channels + c, average);
    }
  }
}

/** y = x · scale + shift of its image in each channel of each row, then SiLU if `silu`. */
export function groupNormApply(
  begin: i32, end: i32,
  x: usize, y: usize, scale: usize, shift: usize, rows: i32, channels: i32, silu: i32,
): void {
  for (let row = begin; row < end; row++) {
    const parameters = <usize>(row / rows) * channels << 2;
    const offset = <usize>row * channels << 2;
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const value = fma(load4(x + offset, c), load4(scale + parameters, c), load4(shift + parameters, c));
      store4(y + offset, c, silu ? silu4(value) : value);
    }
    if (c < channels) {
      const lanes = channels - c;
      const factor = loadPart(scale + parameters, c, lanes);
      const value = fma(loadPart(x + offset, c, lanes), factor, loadPart(shift + parameters, c, lanes));
      storePart(y + offset, c, silu ? silu4(value) : value, lanes);
    }
  }
}

/** d = dy · slope of SiLU at x · scale + shift, in each channel of rows. */
function siluGradient(x: usize, dy: usize, d: usize, scale: usize, shift: usize, rows: i32, channels: i32): void {
  for (let row = 0; row < rows; row++) {
    const offset = <usize>row * channels << 2;
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const value = fma(load4(x + offset, c), load4(scale, c), load4(shift, c));
      store4(d + offset, c, f32x4.mul(load4(dy + offset, c), siluSlope4(value)));
    }
    if (c < channels) {
      const lanes = channels - c;
      const value = fma(loadPart(x + offset, c, lanes), loadPart(scale, c, lanes), loadPart(shift, c, lanes));
      storePart(d + offset, c, f32x4.mul(loadPart(dy + offset, c, lanes), siluSlope4(value)), lanes);
    }
  }
}

/**
 * Σ d, then Σ d · (x - centre), of each channel over chunks of each image, with d = dy, or where `dz` is not 0 the
 * gradient behind SiLU, which is stored there: items are images times `chunks`.
 */
export function groupNormGradientPartials(
  begin: i32, end: i32,
  x: usize, dy: usize, dz: usize, scale: usize, shift: usize, centre: usize, partials: usize,
  rows: i32, channels: i32, rowsPerChunk: i32, chunks: i32,
): void {
  const d = dz ? dz : dy;
  for (let item = begin; item < end; item++) {
    const image = item / chunks;
    const first = item % chunks * rowsPerChunk;
    const count = min(rowsPerChunk, rows - first);
    const from = (<usize>image * rows + first) * channels;
    const sums = partials + (<usize>item * 2 * channels << 2);
    const products = sums + (<usize>channels << 2);
    const parameters = <usize>image * channels << 2;
    const centres = centre + parameters;
    if (dz) {
      const at = from << 2;
      siluGradient(x + at, dy + at, dz + at, scale + parameters, shift + parameters, count, channels);
    }
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const average = load4(centres, c);
      let sum = f32x4.splat(0);
      let product = f32x4.splat(0);
      let offset = from + c;
      for (let r = 0; r < count; r++, offset += channels) {
        const value = load4(d, offset);
        sum = f32x4.add(sum, value);
        product = fma(value, f32x4.sub(load4(x, offset), average), product);
      }
      store4(sums, c, sum);
      store4(products, c, product);
    }
    for (; c < channels; c++) {
      const average = load1(centres, c);
      let sum: f32 = 0;
      let product: f32 = 0;
      let offset = from + c;
      for (let r = 0; r < count; r++, offset += channels) {
        const value = load1(d, offset);
        sum += value;
        product += value * (load1(x, offset) - average);
      }
      store1(sums, c, sum);
      store1(products, c, product);
    }
  }
}

/**
 * Gradients of weight and bias of each image, and by what x is multiplied and what is added in that of x, from the
 * chunks, in float64; items are groups.
 */
export function groupNormGradientCombine(
  begin: i32, end: i32,
  partials: usize, mean: usize, deviation: usize, weight: usize,
  dWeight: usize, dBias: usize, slope: usize, offset: usize,
  rows: i32, channels: i32, chunks: i32, groups: i32, perSample: i32,
): void {
  const size = channels / groups;
  const values = <f64>rows * size;
  for (let item = begin; item < end; item++) {
    const image = item / groups;
    const source = partials + (<usize>image * chunks * 2 * channels << 2);
    const own = image * channels;
    const parameters = perSample ? own : 0;
    const first = item % groups * size;
    const inverse = <f64>load1(deviation, item);
    let sums: f64 = 0;
    let products: f64 = 0;
    for (let c = first; c < first + size; c++) {
      let sum: f64 = 0;
      let product: f64 = 0;
      for (let i = 0; i < chunks; i++) {
        sum += load1(source, 2 * i * channels + c);
        product += load1(source, (2 * i + 1) * channels + c);
      }
      product *= inverse;
      store1(dBias, own + c, <f32>sum);
      store1(dWeight, own + c, <f32>product);
      sums += sum * load1(weight, parameters + c);
      products += product * load1(weight, parameters + c);
    }
    const factor = -inverse * inverse * products / values;
    const addend = -inverse * sums / values - factor * load1(mean, item);
    for (let c = first; c < first + size; c++) {
      store1(slope, own + c, <f32>factor);
      store1(offset, own + c, <f32>addend);
    }
  }
}

/** dx = d · scale + x · slope + offset of its image in each channel of each row; d and dx may be the same. */
export function groupNormGradientApply(
  begin: i32, end: i32,
  x: usize, d: usize, dx: usize, scale: usize, slope: usize, offset: usize, rows: i32, channels: i32,
): void {
  for (let row = begin; row < end; row++) {
    const parameters = <usize>(row / rows) * channels << 2;
    const at = <usize>row * channels << 2;
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const rest = fma(load4(x + at, c), load4(slope + parameters, c), load4(offset + parameters, c));
      store4(dx + at, c, fma(load4(d + at, c), load4(scale + parameters, c), rest));
    }
    for (; c < channels; c++) {
      const rest = load1(x + at, c) * load1(slope + parameters, c) + load1(offset + parameters, c);
      store1(dx + at, c, load1(d + at, c) * load1(scale + parameters, c) + rest);
    }
  }
}

/** target[c] = Σ source[r · stride + c] over the rows, in float64; items are columns. */
export function sumRows(begin: i32, end: i32, source: usize, target: usize, rows: i32, stride: i32): void {
  for (let c = begin; c < end; c++) {
    let sum: f64 = 0;
    for (let r = 0; r < rows; r++) sum += load1(source, r * stride + c);
    store1(target, c, <f32>sum);
  }
}
