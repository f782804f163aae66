import { store1, store4 } from './simd';

/** Each of `x`'s rows of `inner` values `repeats` times in succession; items are rows of the result. */
export function repeatRows(begin: i32, end: i32, x: usize, y: usize, inner: i32, repeats: i32): void {
  const bytes = <usize>inner << 2;
  for (let item = begin; item < end; item++) {
    memory.copy(y + <usize>item * bytes, x + <usize>(item / repeats) * bytes, bytes);
  }
}

/** Each of `x`'s values `repeats` times in succession; items are values of `x`. */
export function repeatValues(begin: i32, end: i32, x: usize, y: usize, repeats: i32): void {
  for (let item = begin; item < end; item++) {
    const value = load<f32>(x + (<usize>item << 2));
    const value4 = f32x4.splat(value);
    const target = y + (<usize>item * repeats << 2);
    let i = 0;
    for (; i + 4 <= repeats; i += 4) store4(target, i, value4);
    for (; i < repeats; i++) store1(target, i, value);
  }
}
