import { load1, load4, store1, store4 } from './simd';

// @ts-ignore: decorator
@inline
function copy(source: usize, target: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) store4(target, i, load4(source, i));
  for (; i < count; i++) store1(target, i, load1(source, i));
}

/** Rows of `a`, each followed by the same row of `b`. */
export function concatChannels(
  begin: i32, end: i32, a: usize, b: usize, y: usize, channelsA: i32, channelsB: i32,
): void {
  for (let r = <usize>begin; r < <usize>end; r++) {
    const target = y + (r * (channelsA + channelsB) << 2);
    copy(a + (r * channelsA << 2), target, channelsA);
    copy(b + (r * channelsB << 2), target + (<usize>channelsA << 2), channelsB);
  }
}

/** The inverse of {@link concatChannels}. */
export function splitChannels(
  begin: i32, end: i32, y: usize, a: usize, b: usize, channelsA: i32, channelsB: i32,
): void {
  for (let r = <usize>begin; r < <usize>end; r++) {
    const source = y + (r * (channelsA + channelsB) << 2);
    copy(source, a + (r * channelsA << 2), channelsA);
    copy(source + (<usize>channelsA << 2), b + (r * channelsB << 2), channelsB);
  }
}

/** y = x + bias in each row. */
export function biasAdd(begin: i32, end: i32, x: usize, bias: usize, y: usize, channels: i32): void {
  for (let r = <usize>begin; r < <usize>end; r++) {
    const source = x + (r * channels << 2);
    const target = y + (r * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) store4(target, c, f32x4.add(load4(source, c), load4(bias, c)));
    for (; c < channels; c++) store1(target, c, load1(source, c) + load1(bias, c));
  }
}

/** Sum of each channel over chunks of rows. */
export function channelSumPartials(
  begin: i32, end: i32, x: usize, partials: usize, rows: i32, channels: i32, rowsPerChunk: i32,
): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const first = chunk * rowsPerChunk;
    const count = min(rowsPerChunk, rows - first);
    const sums = partials + (<usize>chunk * channels << 2);
    let c = 0;
    for (; c + 8 <= channels; c += 8) {
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let offset = <usize>first * channels + c;
      for (let r = 0; r < count; r++) {
        sum0 = f32x4.add(sum0, load4(x, offset));
        sum1 = f32x4.add(sum1, load4(x, offset + 4));
        offset += channels;
      }
      store4(sums, c, sum0);
      store4(sums, c + 4, sum1);
    }
    for (; c < channels; c++) {
      let sum: f32 = 0;
      let offset = <usize>first * channels + c;
      for (let r = 0; r < count; r++) {
        sum += load1(x, offset);
        offset += channels;
      }
      store1(sums, c, sum);
    }
  }
}

/** Sum of each channel over its chunks, in float64. */
export function channelSumCombine(
  begin: i32, end: i32, partials: usize, sum: usize, channels: i32, chunks: i32,
): void {
  for (let c = begin; c < end; c++) {
    let total: f64 = 0;
    for (let i = 0; i < chunks; i++) total += load1(partials, i * channels + c);
    store1(sum, c, <f32>total);
  }
}
