/** a · b + c in each lane, fused where the module is built with relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * A constant for a loop. V8 would build one that it knows anew at each use, which took a third of the transforms' time;
 * this one is read back from `place`, so that it stays in a register.
 */
// @ts-ignore: decorator
@inline
export function held(value: f32, place: usize): v128 {
  store<f32>(place, value);
  return v128.load32_splat(place);
}

/** The same for 32 bits. */
// @ts-ignore: decorator
@inline
export function heldBits(bits: u32, place: usize): v128 {
  store<u32>(place, bits);
  return v128.load32_splat(place);
}

/** Loads four floats from element `index` on. */
// @ts-ignore: decorator
@inline
export function load4(pointer: usize, index: usize): v128 {
  return v128.load(pointer + (index << 2));
}

/** Stores four floats from element `index` on. */
// @ts-ignore: decorator
@inline
export function store4(pointer: usize, index: usize, value: v128): void {
  v128.store(pointer + (index << 2), value);
}

/** Loads the float at `index`. */
// @ts-ignore: decorator
@inline
export function load1(pointer: usize, index: usize): f32 {
  return load<f32>(pointer + (index << 2));
}

/** Stores a float at `index`. */
// @ts-ignore: decorator
@inline
export function store1(pointer: usize, index: usize, value: f32): void {
  store<f32>(pointer + (index << 2), value);
}

/** Sets floats to zero; items are floats. */
export function clear(begin: i32, end: i32, pointer: usize): void {
  memory.fill(pointer + (<usize>begin << 2), 0, <usize>(end - begin) << 2);
}

/** Loads the last one to three floats of a vector, so that they are computed as all others are. */
// @ts-ignore: decorator
@inline
export function loadPart(pointer: usize, index: usize, lanes: i32): v128 {
  const from = pointer + (index << 2);
  let value = v128.load32_zero(from);
  if (lanes > 1) value = v128.load32_lane(from + 4, value, 1);
  if (lanes > 2) value = v128.load32_lane(from + 8, value, 2);
  return value;
}

/** Stores the first one to three lanes from element `index` on. */
// @ts-ignore: decorator
@inline
export function storePart(pointer: usize, index: usize, value: v128, lanes: i32): void {
  const to = pointer + (index << 2);
  v128.store32_lane(to, value, 0);
  if (lanes > 1) v128.store32_lane(to + 4, value, 1);
  if (lanes > 2) v128.store32_lane(to + 8, value, 2);
}
