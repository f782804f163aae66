import { checkData, planSafetensors } from './planSafetensors.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';

/**
 * Writes named arrays as one safetensors file, readable by the `safetensors` library of Python and Rust.
 *
 * Wider dtypes come first and names are sorted within a dtype's width; the header is padded with spaces to a
 * multiple of 8 bytes. So every tensor is aligned, and the same tensors and metadata give the same bytes
 * whatever the order they come in.
 *
 * Follows the format of https://github.com/huggingface/safetensors.
 *
 * @param tensors By name: dtype, shape and the elements in the array class of the dtype (`F16`, `BF16`: raw
 *   patterns in a `Uint16Array`; `I64`: `BigInt64Array`; `BOOL`: `Uint8Array`).
 * @param metadata Text to keep in the header's `__metadata__`; none by default.
 * @returns The whole file.
 * @throws When a dtype is unknown, `data` is of another array class or has not as many elements as the shape,
 *   a tensor is named `__metadata__`, a metadata value is no string, or the header exceeds 100 MB.
 * @example
 * ```ts
 * import { writeSafetensors } from 'diffusion-ssl/interop';
 *
 * const bytes = writeSafetensors(
 *   { 'linear.weight': { dtype: 'F32', shape: [1, 2], data: new Float32Array([1, 2]) } },
 *   { format: 'pt' },
 * );
 * console.log(bytes.byteLength % 8); // 0
 * ```
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor> | Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const plan = isMap(tensors) ? tensors : new Map(Object.entries(tensors));
  const { header, names, size } = planSafetensors(plan, metadata);
  for (const [name, tensor] of plan) checkData(name, tensor, tensor.data);
  const file = new Uint8Array(size);
  file.set(header);
  let position = header.length;
  for (const name of names) {
    const { data } = plan.get(name)!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

function isMap<T>(
  value: ReadonlyMap<string, T> | Readonly<Record<string, T>>,
): value is ReadonlyMap<string, T> {
  return value instanceof Map;
}
