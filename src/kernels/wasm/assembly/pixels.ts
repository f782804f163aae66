import { load1, load4, store1, store4 } from './simd';

/** Σ x of each channel over chunks of each image: items are images times `chunks`. */
export function pixelSumPartials(
  begin: i32, end: i32, x: usize, partials: usize, rows: i32, channels: i32, rowsPerChunk: i32, chunks: i32,
): void {
  for (let item = begin; item < end; item++) {
    const first = item % chunks * rowsPerChunk;
    const count = min(rowsPerChunk, rows - first);
    const from = (<usize>(item / chunks) * rows + first) * channels;
    const sums = partials + (<usize>item * channels << 2);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      let sum = f32x4.splat(0);
      for (let r = 0, at = from + c; r < count; r++, at += channels) sum = f32x4.add(sum, load4(x, at));
      store4(sums, c, sum);
    }
    for (; c < channels; c++) {
      let sum: f32 = 0;
      for (let r = 0, at = from + c; r < count; r++, at += channels) sum += load1(x, at);
      store1(sums, c, sum);
    }
  }
}

/** The mean of each channel of each image from the sums of its chunks, in float64; items are images. */
export function pixelMeans(
  begin: i32, end: i32, partials: usize, mean: usize, rows: i32, channels: i32, chunks: i32,
): void {
  for (let image = begin; image < end; image++) {
    const source = partials + (<usize>image * chunks * channels << 2);
    for (let c = 0; c < channels; c++) {
      let sum: f64 = 0;
      for (let i = 0; i < chunks; i++) sum += load1(source, i * channels + c);
      store1(mean, image * channels + c, <f32>(sum / rows));
    }
  }
}

/** y = x + shift of its image in each channel of each row. */
export function addToPixels(
  begin: i32, end: i32, x: usize, shift: usize, y: usize, rows: i32, channels: i32,
): void {
  for (let row = begin; row < end; row++) {
    const addends = shift + (<usize>(row / rows) * channels << 2);
    const at = <usize>row * channels << 2;
    let c = 0;
    for (; c + 4 <= channels; c += 4) store4(y + at, c, f32x4.add(load4(x + at, c), load4(addends, c)));
    for (; c < channels; c++) store1(y + at, c, load1(x + at, c) + load1(addends, c));
  }
}
