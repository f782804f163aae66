/** Writes what stands `distance` before, up to `stop` and some bytes beyond. */
// @ts-ignore: decorator
@inline
export function copyMatch(to: usize, distance: usize, stop: usize): void {
  let from = to - distance;
  if (distance >= 16) {
    do {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
    } while (to < stop);
  } else if (distance == 1) {
    const run = i8x16.splat(load<u8>(from));
    do {
      v128.store(to, run);
      to += 16;
    } while (to < stop);
  } else {
    // What is loaded beyond the distance is not there yet, and is written again by the next turn.
    const step = min(distance, 8);
    do {
      store<u64>(to, load<u64>(from));
      from += step;
      to += step;
    } while (to < stop);
  }
}
