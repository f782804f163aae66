/**
 * Moves between an image of twice the size and one whose pixels hold the 2 × 2 pixels of a cell one after the other: between
 * [batch, 2·height, 2·width, channels] and [batch, height, width, 4·channels]. Items are rows of the small image.
 */
export function gatherPhases(begin: i32, end: i32, large: usize, small: usize, width: i32, channels: i32): void {
  const bytes = <usize>channels << 3;
  for (let row = begin; row < end; row++) {
    for (let py = 0; py < 2; py++) {
      let source = large + <usize>((2 * row + py) * width) * bytes;
      let target = small + <usize>(2 * row * width + py) * bytes;
      for (let x = 0; x < width; x++, source += bytes, target += 2 * bytes) memory.copy(target, source, bytes);
    }
  }
}

/** The inverse of `gatherPhases`. */
export function spreadPhases(begin: i32, end: i32, small: usize, large: usize, width: i32, channels: i32): void {
  const bytes = <usize>channels << 3;
  for (let row = begin; row < end; row++) {
    for (let py = 0; py < 2; py++) {
      let source = small + <usize>(2 * row * width + py) * bytes;
      let target = large + <usize>((2 * row + py) * width) * bytes;
      for (let x = 0; x < width; x++, source += 2 * bytes, target += bytes) memory.copy(target, source, bytes);
    }
  }
}

/**
 * The 4×4 filter [4, 4, out, in] of a transposed convolution as a 3×3 filter [3, 3, 4·out, in] of the four phases: tap i of
 * phase p is tap p + 3 - 2i, or zero where there is none. Items are the 36 pairs of a tap and a phase.
 */
export function phaseFilter(begin: i32, end: i32, filter: usize, phases: usize, size: i32): void {
  const bytes = <usize>size << 2;
  for (let item = begin; item < end; item++) {
    const ky = (item >> 1 & 1) + 3 - 2 * (item / 12);
    const kx = (item & 1) + 3 - 2 * (item / 4 % 3);
    const target = phases + <usize>item * bytes;
    if (<u32>ky < 4 && <u32>kx < 4) memory.copy(target, filter + <usize>(4 * ky + kx) * bytes, bytes);
    else memory.fill(target, 0, bytes);
  }
}

/**
 * The gradient of the 4×4 filter from that of the phases' 3×3 filter, whose taps are in reverse: tap k is tap (k + 1 - p) / 2 of
 * the phase p whose parity fits. Items are the 16 taps.
 */
export function unphaseGradient(begin: i32, end: i32, phases: usize, filter: usize, size: i32): void {
  const bytes = <usize>size << 2;
  for (let tap = begin; tap < end; tap++) {
    const ky = tap >> 2, kx = tap & 3;
    const py = (ky + 1) & 1, px = (kx + 1) & 1;
    const item = (((ky + 1 - py) >> 1) * 3 + ((kx + 1 - px) >> 1)) * 4 + 2 * py + px;
    memory.copy(filter + <usize>tap * bytes, phases + <usize>item * bytes, bytes);
  }
}
