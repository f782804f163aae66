import { ConfigError } from '../errors/ConfigError.js';
import { parseSafetensorsHeader } from './parseSafetensorsHeader.js';
import { elementsOf, type SafetensorsFile, type SafetensorsTensor } from './safetensorsTypes.js';

/**
 * Reads a safetensors file from memory; one that is too large for it is opened by `openSafetensors`.
 *
 * Arrays are views into `bytes` where their position allows it (always, in files that `writeSafetensors` wrote),
 * and copies elsewhere. Everything that the header says is checked against the file's size before any array is
 * made, so a damaged or hostile file gives an error and never a wrong tensor. `F16` and `BF16` come as raw
 * 16-bit patterns: `safetensorsToFloat32` turns them into numbers.
 *
 * Follows the format of https://github.com/huggingface/safetensors.
 *
 * @param bytes The whole file.
 * @returns The tensors by name, and the header's `__metadata__`.
 * @throws When the header is longer than the file or than 100 MB, is not a JSON object in UTF-8 or has a key
 *   twice; when a tensor's dtype is unknown or its shape does not fit its bytes; when tensors overlap, leave a
 *   gap, or reach beyond the file. The error names the tensor and the numbers.
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
 *
 * const bytes = writeSafetensors({ bias: { dtype: 'F32', shape: [2], data: new Float32Array([0.5, -1]) } });
 * const { tensors } = readSafetensors(bytes);
 * console.log(tensors.get('bias')?.data); // Float32Array [0.5, -1]
 * ```
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof ArrayBuffer)) {
    throw new ConfigError('readSafetensors: bytes must be a Uint8Array or an ArrayBuffer.');
  }
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const { entries, metadata, dataStart } = parseSafetensorsHeader(file, file.byteLength);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const data = elementsOf(dtype, file.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata };
}
