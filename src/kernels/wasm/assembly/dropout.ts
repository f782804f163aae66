import { load1, load4, store1, store4 } from './simd';

/** Values of one item: four blocks of Philox side by side. */
const ITEM: i32 = 16;

/** High words of a · multiplier in each lane, unsigned. */
// @ts-ignore: decorator
@inline
function high(a: v128, multiplier: v128): v128 {
  const low2 = i64x2.extmul_low_i32x4_u(a, multiplier);
  const high2 = i64x2.extmul_high_i32x4_u(a, multiplier);
  return v128.shuffle<u32>(low2, high2, 1, 3, 5, 7);
}

/** Bytes of 1 where a random number is at least the threshold, as `randomUniform` draws them, else 0. */
// @ts-ignore: decorator
@inline
function keep(words: v128, threshold: v128): v128 {
  return v128.and(i32x4.ge_u(i32x4.shr_u(words, 8), threshold), i32x4.splat(1));
}

/**
 * Philox4x32-10 as in `internal/philox.ts`: for each of 16 values one byte, 1 where its word's upper 24 bits are at
 * least `threshold`. `mask` holds a multiple of 16 bytes.
 */
export function dropoutMask(
  begin: i32, end: i32,
  mask: usize, threshold: i32, key0: i32, key1: i32, step: i32, stream: i32,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  const least = i32x4.splat(threshold);
  for (let item = begin; item < end; item++) {
    let c0 = i32x4.add(i32x4.splat(4 * item), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(step);
    let c2 = i32x4.splat(stream);
    let c3 = i32x4.splat(0);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const high0 = high(c0, multiplier0);
      const low0 = i32x4.mul(c0, multiplier0);
      const high1 = high(c2, multiplier1);
      const low1 = i32x4.mul(c2, multiplier1);
      c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
      c1 = low1;
      c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
      c3 = low0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    // Lane i of word j is value 4i + j: bytes in the order of the lanes, then transposed.
    const words01 = i16x8.narrow_i32x4_u(keep(c0, least), keep(c1, least));
    const words23 = i16x8.narrow_i32x4_u(keep(c2, least), keep(c3, least));
    const bytes = i8x16.narrow_i16x8_u(words01, words23);
    v128.store(
      mask + <usize>item * ITEM,
      v128.shuffle<u8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    );
  }
}

/** y = x · scale where the mask is 1, else 0; 16 values an item, `count` in all. */
export function dropoutApply(
  begin: i32, end: i32, x: usize, mask: usize, y: usize, count: i32, scale: f32,
): void {
  const scales = f32x4.splat(scale);
  for (let item = begin; item < end; item++) {
    const first = item * ITEM;
    const last = min(first + ITEM, count);
    let i = first;
    for (; i + 4 <= last; i += 4) {
      const ones = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask + i)));
      store4(y, i, v128.and(f32x4.mul(load4(x, i), scales), i32x4.neg(ones)));
    }
    for (; i < last; i++) store1(y, i, load<u8>(mask + i) ? load1(x, i) * scale : 0);
  }
}
