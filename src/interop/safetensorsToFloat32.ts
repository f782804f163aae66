import { fromHalf } from '../internal/float16.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';

/**
 * A safetensors tensor's elements as float32 numbers.
 *
 * `F32` data are returned as they are, without a copy. `F16` and `BF16` patterns are decoded exactly (IEEE 754
 * binary16, and the upper half of a binary32); `F64` and `I64` are rounded to the nearest float32; `BOOL` gives
 * 0 and 1.
 *
 * @param tensor As `readSafetensors` returns it.
 * @returns As many values as the tensor has elements, row-major.
 * @example
 * ```ts
 * import { safetensorsToFloat32 } from 'diffusion-ssl/interop';
 *
 * const half = { dtype: 'F16' as const, shape: [2], data: new Uint16Array([0x3c00, 0xc000]) };
 * console.log(safetensorsToFloat32(half)); // Float32Array [1, -2]
 * ```
 */
export function safetensorsToFloat32({ dtype, data }: SafetensorsTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (dtype === 'F16') {
    const values = new Float32Array(data.length);
    fromHalf(data as Uint16Array, values);
    return values;
  }
  if (dtype === 'BF16') {
    return new Float32Array(Uint32Array.from(data, (bits) => bits << 16).buffer);
  }
  if (dtype === 'BOOL') return Float32Array.from(data, (byte) => (byte === 0 ? 0 : 1));
  return Float32Array.from(data);
}
