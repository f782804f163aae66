import { describe, expect, it } from 'vitest';
import { fromHalf as decode, toHalf } from '../../src/internal/float16.js';
import { safetensorsToFloat32 } from '../../src/interop/safetensorsToFloat32.js';

const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const fromHalf = (halves: Uint16Array) => {
  const values = new Float32Array(halves.length + 3);
  decode(halves, values, 3);
  return values.subarray(3);
};
/** IEEE 754 binary16, by its definition. */
function binary16(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
const isNan = (bits: number) => (bits & 0x7fff) > 0x7c00;

describe('float16', () => {
  it('has the values of all 65,536 patterns', () => {
    const expected = Float32Array.from(all, binary16);
    expect(fromHalf(all)).toEqual(expected);
    expect(safetensorsToFloat32({ dtype: 'F16', shape: [2 ** 16], data: all })).toEqual(expected);
  });

  it('encodes its own numbers as they are', () => {
    const back = toHalf(fromHalf(all));
    expect(all.filter((bits, i) => back[i] !== bits && !isNan(bits))).toEqual(new Uint16Array());
    expect(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });

  it('rounds to the nearest, ties to even', () => {
    const positive = fromHalf(all.subarray(0, 0x7c00));
    const middle = Float32Array.from(positive.subarray(0, -1), (value, i) => (value + positive[i + 1]) / 2);
    const step = Float32Array.from(middle, (_, i) => positive[i + 1] - positive[i]);
    const halves = (f: (i: number) => number) => toHalf(Float32Array.from(middle, (_, i) => f(i)));
    expect(halves((i) => middle[i])).toEqual(Uint16Array.from(middle, (_, i) => i + (i % 2)));
    expect(halves((i) => middle[i] - step[i] / 64)).toEqual(Uint16Array.from(middle, (_, i) => i));
    expect(halves((i) => -middle[i] - step[i] / 64)).toEqual(
      Uint16Array.from(middle, (_, i) => 0x8000 + i + 1),
    );
    expect(toHalf(Float32Array.of(65519, 65520, 1e30, -1e30, 1e-30))).toEqual(
      Uint16Array.of(0x7bff, 0x7c00, 0x7c00, 0xfc00, 0),
    );
  });
});
