import { fma, load1, load4, store1, store4 } from './simd';

/** Where sample `i` of 2·size lies among `size` samples whose corners coincide with its own. */
// @ts-ignore: decorator
@inline
function position(i: i32, size: i32): f64 {
  return (<f64>i * (size - 1)) / (2 * size - 1);
}

/** What sample `i` of 2·size takes of sample `source`. */
// @ts-ignore: decorator
@inline
function share(i: i32, source: i32, size: i32): f32 {
  if (i < 0 || i >= 2 * size) return 0;
  return <f32>max(0, 1 - Math.abs(position(i, size) - source));
}

/** Bilinear interpolation to twice the size; an item is a row of the result. */
export function upsampleBilinear(
  begin: i32, end: i32, x: usize, y: usize, height: i32, width: i32, channels: i32,
): void {
  for (let item = begin; item < end; item++) {
    const row = item % (2 * height);
    const top = <i32>position(row, height);
    const lower = share(row, top + 1, height);
    const upper = share(row, top, height);
    const first = x + (<usize>((item / (2 * height)) * height + top) * width * channels << 2);
    const below = top + 1 < height ? <usize>(width * channels) << 2 : 0;
    for (let column = 0; column < 2 * width; column++) {
      const left = <i32>position(column, width);
      const right = share(column, left + 1, width);
      const rest = share(column, left, width);
      const a = first + (<usize>(left * channels) << 2);
      const b = a + (left + 1 < width ? <usize>channels << 2 : 0);
      const target = y + (<usize>(item * 2 * width + column) * channels << 2);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const over = fma(load4(b, c), f32x4.splat(right), f32x4.mul(load4(a, c), f32x4.splat(rest)));
        const bottom = f32x4.mul(load4(a + below, c), f32x4.splat(rest));
        const under = fma(load4(b + below, c), f32x4.splat(right), bottom);
        store4(target, c, fma(under, f32x4.splat(lower), f32x4.mul(over, f32x4.splat(upper))));
      }
      for (; c < channels; c++) {
        const over = load1(b, c) * right + load1(a, c) * rest;
        const under = load1(b + below, c) * right + load1(a + below, c) * rest;
        store1(target, c, under * lower + over * upper);
      }
    }
  }
}

/** Four samples from `first` on, each times what it took of the pixel; those outside of the image count nothing. */
// @ts-ignore: decorator
@inline
function gather4(dy: usize, first: i32, last: i32, channels: i32, c: i32, a: f32, b: f32, d: f32, e: f32): v128 {
  const at = dy + (<usize>c << 2);
  const step = <usize>channels << 2;
  let sum = f32x4.mul(load4(at + max(first, 0) * step, 0), f32x4.splat(a));
  sum = fma(load4(at + (first + 1) * step, 0), f32x4.splat(b), sum);
  sum = fma(load4(at + (first + 2) * step, 0), f32x4.splat(d), sum);
  return fma(load4(at + min(first + 3, last) * step, 0), f32x4.splat(e), sum);
}

// @ts-ignore: decorator
@inline
function gather1(dy: usize, first: i32, last: i32, channels: i32, c: i32, a: f32, b: f32, d: f32, e: f32): f32 {
  const sum = load1(dy, max(first, 0) * channels + c) * a + load1(dy, (first + 1) * channels + c) * b;
  return sum + load1(dy, (first + 2) * channels + c) * d + load1(dy, min(first + 3, last) * channels + c) * e;
}

/** The transpose of {@link upsampleBilinear}: each pixel gathers from at most 4×4; an item is a row of dx. */
export function upsampleBilinearGradient(
  begin: i32, end: i32, dy: usize, dx: usize, height: i32, width: i32, channels: i32,
): void {
  const last = 2 * width - 1;
  for (let item = begin; item < end; item++) {
    const row = item % height;
    const image = dy + (<usize>(item / height) * 4 * height * width * channels << 2);
    for (let column = 0; column < width; column++) {
      const first = 2 * column - 1;
      const a = share(first, column, width);
      const b = share(first + 1, column, width);
      const d = share(first + 2, column, width);
      const e = share(first + 3, column, width);
      const target = dx + (<usize>(item * width + column) * channels << 2);
      for (let r = 2 * row - 1; r < 2 * row + 3; r++) {
        const weight = share(r, row, height);
        const fresh = r == 2 * row - 1;
        const source = image + (<usize>(min(max(r, 0), 2 * height - 1) * 2 * width) * channels << 2);
        let c = 0;
        for (; c + 4 <= channels; c += 4) {
          const sum = f32x4.mul(gather4(source, first, last, channels, c, a, b, d, e), f32x4.splat(weight));
          store4(target, c, fresh ? sum : f32x4.add(load4(target, c), sum));
        }
        for (; c < channels; c++) {
          const sum = gather1(source, first, last, channels, c, a, b, d, e) * weight;
          store1(target, c, fresh ? sum : load1(target, c) + sum);
        }
      }
    }
  }
}

/** Writes four vectors as the columns of a 4×4 matrix whose rows they are, to four places. */
// @ts-ignore: decorator
@inline
function transpose(
  a: v128, b: v128, c: v128, d: v128, to0: usize, to1: usize, to2: usize, to3: usize,
): void {
  const low = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const lowNext = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const highNext = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(to0, v128.shuffle<u64>(low, lowNext, 0, 2));
  v128.store(to1, v128.shuffle<u64>(low, lowNext, 1, 3));
  v128.store(to2, v128.shuffle<u64>(high, highNext, 0, 2));
  v128.store(to3, v128.shuffle<u64>(high, highNext, 1, 3));
}

/** Channel 4c + 2·dy + dx of a pixel to channel c at offset (dy, dx); items are rows of x, `channels` the result's. */
export function pixelShuffle(begin: i32, end: i32, x: usize, y: usize, width: i32, channels: i32): void {
  for (let row = begin; row < end; row++) {
    for (let column = 0; column < width; column++) {
      const source = x + (<usize>(row * width + column) * 4 * channels << 2);
      const to0 = y + (<usize>(row * 4 * width + 2 * column) * channels << 2);
      const to1 = to0 + (<usize>channels << 2);
      const to2 = to0 + (<usize>(2 * width * channels) << 2);
      const to3 = to2 + (<usize>channels << 2);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const at = source + (<usize>c << 4);
        const step = <usize>c << 2;
        transpose(
          load4(at, 0), load4(at, 4), load4(at, 8), load4(at, 12),
          to0 + step, to1 + step, to2 + step, to3 + step,
        );
      }
      for (; c < channels; c++) {
        store1(to0, c, load1(source, 4 * c));
        store1(to1, c, load1(source, 4 * c + 1));
        store1(to2, c, load1(source, 4 * c + 2));
        store1(to3, c, load1(source, 4 * c + 3));
      }
    }
  }
}

/** The inverse of {@link pixelShuffle}, with the same items and sizes. */
export function pixelUnshuffle(begin: i32, end: i32, y: usize, x: usize, width: i32, channels: i32): void {
  for (let row = begin; row < end; row++) {
    for (let column = 0; column < width; column++) {
      const target = x + (<usize>(row * width + column) * 4 * channels << 2);
      const from0 = y + (<usize>(row * 4 * width + 2 * column) * channels << 2);
      const from1 = from0 + (<usize>channels << 2);
      const from2 = from0 + (<usize>(2 * width * channels) << 2);
      const from3 = from2 + (<usize>channels << 2);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const to = target + (<usize>c << 4);
        transpose(load4(from0, c), load4(from1, c), load4(from2, c), load4(from3, c), to, to + 16, to + 32, to + 48);
      }
      for (; c < channels; c++) {
        store1(target, 4 * c, load1(from0, c));
        store1(target, 4 * c + 1, load1(from1, c));
        store1(target, 4 * c + 2, load1(from2, c));
        store1(target, 4 * c + 3, load1(from3, c));
      }
    }
  }
}
