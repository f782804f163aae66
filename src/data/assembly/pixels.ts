/**
 * Undoes TIFF's horizontal predictor in place: each value of a row becomes the sum of itself and the value `step`
 * before, wrapping as its type does.
 *
 * @param size Bytes a value: 1, 2 or 4.
 */
export function sumUp(at: usize, count: usize, rowLength: usize, step: usize, size: usize): void {
  const back = step * size;
  const end = at + count * size;
  for (let row = at; row < end; row += rowLength * size) {
    const stop = min(row + rowLength * size, end);
    let value = row + back;
    if (back == 1 || back == 2 || back == 4 || back == 8 || back == 16) {
      value = max(value, sumUpVectors(row, stop, back, size));
    }
    if (size == 1) {
      for (; value < stop; value++) store<u8>(value, load<u8>(value) + load<u8>(value - back));
    } else if (size == 2) {
      for (; value < stop; value += 2) store<u16>(value, load<u16>(value) + load<u16>(value - back));
    } else {
      for (; value < stop; value += 4) store<u32>(value, load<u32>(value) + load<u32>(value - back));
    }
  }
}

/**
 * The whole vectors of a row: the sums within each by doubling the distance, and the last ones of the vector before.
 *
 * @param back Bytes between values that are added, a divisor of 16.
 * @returns Where the vectors end.
 */
function sumUpVectors(at: usize, stop: usize, back: usize, size: usize): usize {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  // A place below 0 gives 0.
  const once = i8x16.sub(places, i8x16.splat(<i8>back));
  const twice = i8x16.sub(places, i8x16.splat(<i8>(2 * back)));
  const fourfold = i8x16.sub(places, i8x16.splat(<i8>(4 * back)));
  const eightfold = i8x16.sub(places, i8x16.splat(<i8>(8 * back)));
  const last = i8x16.add(v128.and(places, i8x16.splat(<i8>(back - 1))), i8x16.splat(<i8>(16 - back)));
  let before = i64x2.splat(0);
  for (; at + 16 <= stop; at += 16) {
    let sums = v128.load(at);
    if (back < 16) sums = addIntegers(sums, v128.swizzle(sums, once), size);
    if (back < 8) sums = addIntegers(sums, v128.swizzle(sums, twice), size);
    if (back < 4) sums = addIntegers(sums, v128.swizzle(sums, fourfold), size);
    if (back < 2) sums = addIntegers(sums, v128.swizzle(sums, eightfold), size);
    sums = addIntegers(sums, before, size);
    v128.store(at, sums);
    before = v128.swizzle(sums, last);
  }
  return at;
}

// @ts-ignore: decorator
@inline
function addIntegers(a: v128, b: v128, size: usize): v128 {
  return size == 1 ? i8x16.add(a, b) : size == 2 ? i16x8.add(a, b) : i32x4.add(a, b);
}

/** Eight integers of 8 or 16 bits as 16 bits that are in order when read without a sign. */
// @ts-ignore: decorator
@inline
function loadOrdered(at: usize, size: usize, signed: bool): v128 {
  let values: v128;
  if (size == 2) values = v128.load(at);
  else if (signed) values = v128.load8x8_s(at);
  else values = v128.load8x8_u(at);
  return signed ? v128.xor(values, i16x8.splat(-0x8000)) : values;
}

/**
 * Scales integers of 8 or 16 bits by the range of all of them: (value - least) / (greatest - least), in float32. Behind
 * both, 16 bytes may be written.
 *
 * @returns The least in the low 16 bits, the greatest above, both as `loadOrdered` has them.
 */
export function scaleByRange(at: usize, count: usize, size: usize, signed: bool, to: usize): u32 {
  const end = at + count * size;
  for (let rest = end; rest < end + 8 * size; rest += size) {
    if (size == 2) store<u16>(rest, load<u16>(at));
    else store<u8>(rest, load<u8>(at));
  }
  let least = loadOrdered(at, size, signed);
  let greatest = least;
  for (let i = at; i < end; i += 8 * size) {
    const values = loadOrdered(i, size, signed);
    least = i16x8.min_u(least, values);
    greatest = i16x8.max_u(greatest, values);
  }
  let low: u32 = 0xffff;
  let high: u32 = 0;
  for (let lane = 0; lane < 8; lane++) {
    low = min(low, i16x8.extract_lane_u(least, 0));
    high = max(high, i16x8.extract_lane_u(greatest, 0));
    least = i8x16.shuffle(least, least, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1);
    greatest = i8x16.shuffle(greatest, greatest, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1);
  }
  const offset = i16x8.splat(<i16>low);
  // Of a raster of one value all differences are 0.
  const scale = f32x4.splat(<f32>max(high - low, 1));
  for (let i = at; i < end; i += 8 * size) {
    const above = i16x8.sub(loadOrdered(i, size, signed), offset);
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(above)), scale));
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(above)), scale), 16);
    to += 32;
  }
  return low | (high << 16);
}
