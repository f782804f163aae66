import { load1, store1 } from './simd';

/** old · (1 - momentum) + value · factor · momentum for each value. */
export function blend(
  begin: i32, end: i32, old: usize, value: usize, result: usize, momentum: f32, factor: f32,
): void {
  for (let i = begin; i < end; i++) {
    store1(result, i, load1(old, i) * (1 - momentum) + load1(value, i) * factor * momentum);
  }
}

/** The next integer. */
export function increment(_begin: i32, _end: i32, old: usize, result: usize): void {
  store<i32>(result, load<i32>(old) + 1);
}
