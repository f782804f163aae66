import { load1, load4, store1, store4 } from './simd';

/** Where `b` takes the place of `a` as the maximum: greater, or not a number. */
// @ts-ignore: decorator
@inline
function wins4(b: v128, a: v128): v128 {
  return v128.or(f32x4.gt(b, a), f32x4.ne(b, b));
}

// @ts-ignore: decorator
@inline
function wins1(b: f32, a: f32): bool {
  return b > a || b != b;
}

/**
 * Maximum of each 2×2 cell and, as one byte, which of the four it was: the first in row order. An item is a row of the
 * result; `width` is the result's.
 */
export function maxPool(
  begin: i32, end: i32, x: usize, y: usize, argmax: usize, width: i32, channels: i32,
): void {
  const one = i32x4.splat(1);
  const two = i32x4.splat(2);
  const three = i32x4.splat(3);
  for (let row = begin; row < end; row++) {
    for (let column = 0; column < width; column++) {
      const a = x + (<usize>(row * 4 * width + 2 * column) * channels << 2);
      const b = a + (<usize>channels << 2);
      const c = a + (<usize>(2 * width * channels) << 2);
      const d = c + (<usize>channels << 2);
      const target = (<usize>row * width + column) * channels;
      let i = 0;
      for (; i + 4 <= channels; i += 4) {
        const valueA = load4(a, i);
        const valueB = load4(b, i);
        const valueC = load4(c, i);
        const valueD = load4(d, i);
        const right = wins4(valueB, valueA);
        const top = v128.bitselect(valueB, valueA, right);
        const rightBelow = wins4(valueD, valueC);
        const bottom = v128.bitselect(valueD, valueC, rightBelow);
        const below = wins4(bottom, top);
        store4(y, target + i, v128.bitselect(bottom, top, below));
        const index = v128.bitselect(v128.bitselect(three, two, rightBelow), v128.and(right, one), below);
        const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(index, index), index);
        v128.store32_lane(argmax + target + i, bytes, 0);
      }
      for (; i < channels; i++) {
        const right = wins1(load1(b, i), load1(a, i));
        const top = load1(right ? b : a, i);
        const rightBelow = wins1(load1(d, i), load1(c, i));
        const bottom = load1(rightBelow ? d : c, i);
        const below = wins1(bottom, top);
        store1(y, target + i, below ? bottom : top);
        store<u8>(argmax + target + i, <u8>(below ? (rightBelow ? 3 : 2) : right ? 1 : 0));
      }
    }
  }
}

/** Puts each gradient where its cell's maximum was, and zeros elsewhere. */
export function maxPoolGradient(
  begin: i32, end: i32, dy: usize, argmax: usize, dx: usize, width: i32, channels: i32,
): void {
  const one = i32x4.splat(1);
  const two = i32x4.splat(2);
  const three = i32x4.splat(3);
  for (let row = begin; row < end; row++) {
    for (let column = 0; column < width; column++) {
      const a = dx + (<usize>(row * 4 * width + 2 * column) * channels << 2);
      const b = a + (<usize>channels << 2);
      const c = a + (<usize>(2 * width * channels) << 2);
      const d = c + (<usize>channels << 2);
      const source = (<usize>row * width + column) * channels;
      let i = 0;
      for (; i + 4 <= channels; i += 4) {
        const gradient = load4(dy, source + i);
        const bytes = v128.load32_zero(argmax + source + i);
        const index = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
        store4(a, i, v128.and(gradient, i32x4.eq(index, i32x4.splat(0))));
        store4(b, i, v128.and(gradient, i32x4.eq(index, one)));
        store4(c, i, v128.and(gradient, i32x4.eq(index, two)));
        store4(d, i, v128.and(gradient, i32x4.eq(index, three)));
      }
      for (; i < channels; i++) {
        const gradient = load1(dy, source + i);
        const index = load<u8>(argmax + source + i);
        store1(a, i, index == 0 ? gradient : 0);
        store1(b, i, index == 1 ? gradient : 0);
        store1(c, i, index == 2 ? gradient : 0);
        store1(d, i, index == 3 ? gradient : 0);
      }
    }
  }
}
