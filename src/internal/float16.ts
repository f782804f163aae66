/** The largest number of float16. */
export const LARGEST_HALF = 65504;

/** Float32 numbers as IEEE 754 binary16 patterns, rounded to the nearest, ties to even. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i];
    const sign = (word >>> 16) & 0x8000;
    const rest = word & 0x7fffffff;
    let half: number;
    if (rest >= 0x7f800000) half = rest > 0x7f800000 ? 0x7e00 : 0x7c00;
    else if (rest >= 0x477ff000) half = 0x7c00;
    else if (rest >= 0x38800000) half = (rest - 0x38000000 + 0xfff + ((rest >>> 13) & 1)) >>> 13;
    else half = subnormal(rest);
    halves[i] = sign | half;
  }
  return halves;
}

/** Numbers below 2^-14 are multiples of 2^-24. */
function subnormal(rest: number): number {
  const exponent = rest >>> 23;
  if (exponent < 102) return 0;
  const shift = 126 - exponent;
  const mantissa = (rest & 0x7fffff) | 0x800000;
  const half = mantissa >>> shift;
  const left = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return half + (left > middle || (left === middle && (half & 1) === 1) ? 1 : 0);
}

/** Binary16 patterns as the float32 numbers that they are, into an array from a place on. */
export function fromHalf(halves: Uint16Array, values: Float32Array, offset = 0): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset + 4 * offset, halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    // The exponents' biases are 112 apart. No branch for zeros: after a ReLU they come as by the toss of a coin.
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    values[offset + i] *= 2 ** 112;
    if ((half & 0x7c00) === 0x7c00) bits[i] = ((half & 0x8000) << 16) | 0x7f800000 | ((half & 0x3ff) << 13);
  }
}
