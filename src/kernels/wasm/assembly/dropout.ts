import { heldBits, load1, load4, store1, store4 } from './simd';

/** Values of one item of {@link dropoutApply}. */
const ITEM: i32 = 16;

/** High, then low words of the 64-bit products of lanes 0, 1 and 2, 3. */
// @ts-ignore: decorator
@inline
function high(first: v128, second: v128): v128 {
  return v128.shuffle<u32>(first, second, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function low(first: v128, second: v128): v128 {
  return v128.shuffle<u32>(first, second, 0, 2, 4, 6);
}

/** Ones where a random number, the upper 24 bits of a word, is at least the threshold, else 0. */
// @ts-ignore: decorator
@inline
function keep(words: v128, threshold: v128): v128 {
  return v128.and(i32x4.ge_u(i32x4.shr_u(words, 8), threshold), i32x4.splat(1));
}

/** Lane i of word j is value 4i + j: bytes in the order of the lanes, transposed. */
// @ts-ignore: decorator
@inline
function storeMask(mask: usize, c0: v128, c1: v128, c2: v128, c3: v128, threshold: v128): void {
  const words01 = i16x8.narrow_i32x4_u(keep(c0, threshold), keep(c1, threshold));
  const words23 = i16x8.narrow_i32x4_u(keep(c2, threshold), keep(c3, threshold));
  const bytes = i8x16.narrow_i16x8_u(words01, words23);
  v128.store(mask, v128.shuffle<u8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

/**
 * Philox4x32-10 as in `internal/philox.ts`: for each of 32 values an item one byte, 1 where its word's upper 24 bits
 * are at least `threshold`. Two groups of four blocks, so that one computes while the other waits for its products.
 */
export function dropoutMask(
  begin: i32, end: i32,
  mask: usize, threshold: i32, key0: i32, key1: i32, step: i32, stream: i32,
): void {
  const place = mask + <usize>begin * 32;
  const multiplier0 = heldBits(0xd2511f53, place);
  const multiplier1 = heldBits(0xcd9e8d57, place);
  const weyl0 = heldBits(0x9e3779b9, place);
  const weyl1 = heldBits(0xbb67ae85, place);
  const least = i32x4.splat(threshold);
  for (let item = begin; item < end; item++) {
    let a0 = i32x4.add(i32x4.splat(8 * item), i32x4(0, 1, 2, 3));
    let a1 = i32x4.splat(step);
    let a2 = i32x4.splat(stream);
    let a3 = i32x4.splat(0);
    let b0 = i32x4.add(a0, i32x4.splat(4));
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let k0 = i32x4.splat(key0);
    let k1 = i32x4.splat(key1);
    for (let round = 0; round < 10; round++) {
      const a0First = i64x2.extmul_low_i32x4_u(a0, multiplier0);
      const a0Second = i64x2.extmul_high_i32x4_u(a0, multiplier0);
      const a2First = i64x2.extmul_low_i32x4_u(a2, multiplier1);
      const a2Second = i64x2.extmul_high_i32x4_u(a2, multiplier1);
      const b0First = i64x2.extmul_low_i32x4_u(b0, multiplier0);
      const b0Second = i64x2.extmul_high_i32x4_u(b0, multiplier0);
      const b2First = i64x2.extmul_low_i32x4_u(b2, multiplier1);
      const b2Second = i64x2.extmul_high_i32x4_u(b2, multiplier1);
      a0 = v128.xor(high(a2First, a2Second), v128.xor(a1, k0));
      a1 = low(a2First, a2Second);
      a2 = v128.xor(high(a0First, a0Second), v128.xor(a3, k1));
      a3 = low(a0First, a0Second);
      b0 = v128.xor(high(b2First, b2Second), v128.xor(b1, k0));
      b1 = low(b2First, b2Second);
      b2 = v128.xor(high(b0First, b0Second), v128.xor(b3, k1));
      b3 = low(b0First, b0Second);
      k0 = i32x4.add(k0, weyl0);
      k1 = i32x4.add(k1, weyl1);
    }
    const target = mask + <usize>item * 32;
    storeMask(target, a0, a1, a2, a3, least);
    storeMask(target + 16, b0, b1, b2, b3, least);
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
