import { load1, load4, store1, store4 } from './simd';

/**
 * Sums the rows of `x` that have the same number among `segments` numbers; a row of another number counts nowhere.
 * Items are blocks of `block` columns.
 */
export function segmentSum(
  begin: i32, end: i32, x: usize, ids: usize, y: usize, rows: i32, columns: i32, segments: i32, block: i32,
): void {
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const last = min(first + block, columns);
    for (let segment = 0; segment < segments; segment++) {
      memory.fill(y + (<usize>segment * columns + first << 2), 0, <usize>(last - first) << 2);
    }
    for (let row = 0; row < rows; row++) {
      const id = load<i32>(ids + (<usize>row << 2));
      if (<u32>id >= <u32>segments) continue;
      const source = x + (<usize>row * columns << 2);
      const target = y + (<usize>id * columns << 2);
      let c = first;
      for (; c + 4 <= last; c += 4) store4(target, c, f32x4.add(load4(target, c), load4(source, c)));
      for (; c < last; c++) store1(target, c, load1(target, c) + load1(source, c));
    }
  }
}
