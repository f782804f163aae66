/**
 * Bytes after which the sums must be reduced: fewer than overflow 32 bits (RFC 1950, zlib's NMAX), a multiple of 16.
 */
const BLOCK: usize = 5552;
const BASE: u32 = 65521;

/** Adler-32 of bytes (RFC 1950), 16 at a time. */
export function adler32(at: usize, length: usize): u32 {
  let low: u32 = 1;
  let high: u32 = 0;
  const end = at + length;
  while (at < end) {
    const stop = at + min(BLOCK, end - at);
    let sums = i32x4.splat(0);
    // The sum of the sums before each 16 bytes, and of bytes times their distance to the 16 bytes' end.
    let before = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    const from = at;
    for (; at + 16 <= stop; at += 16) {
      const bytes = v128.load(at);
      before = i32x4.add(before, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      const left = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), i16x8(16, 15, 14, 13, 12, 11, 10, 9));
      const right = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), i16x8(8, 7, 6, 5, 4, 3, 2, 1));
      weighted = i32x4.add(weighted, i32x4.add(left, right));
    }
    high += low * <u32>(at - from) + 16 * sumOf(before) + sumOf(weighted);
    low += sumOf(sums);
    for (; at < stop; at++) {
      low += load<u8>(at);
      high += low;
    }
    low %= BASE;
    high %= BASE;
  }
  return (high << 16) | low;
}

// @ts-ignore: decorator
@inline
function sumOf(lanes: v128): u32 {
  return i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
}
