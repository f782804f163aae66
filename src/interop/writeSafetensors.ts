import { ConfigError } from '../errors/ConfigError.js';
import {
  arrayClasses,
  isSafetensorsDtype,
  maxHeaderBytes,
  type SafetensorsDtype,
  type SafetensorsTensor,
} from './safetensorsTypes.js';

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
  const entries = isMap(tensors) ? [...tensors] : Object.entries(tensors);
  for (const [name, tensor] of entries) checkTensor(name, tensor);
  entries.sort(([nameA, a], [nameB, b]) => widthOf(b.dtype) - widthOf(a.dtype) || (nameA < nameB ? -1 : 1));

  const header: [string, unknown][] = [];
  checkMetadata(metadata);
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const begin = end;
    end += data.byteLength;
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  if (headerBytes > maxHeaderBytes) {
    throw new ConfigError(
      `writeSafetensors: the header would have ${headerBytes} bytes; the format allows ${maxHeaderBytes}.`,
    );
  }

  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let position = 8 + headerBytes;
  for (const [, { data }] of entries) {
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

function widthOf(dtype: SafetensorsDtype): number {
  return arrayClasses[dtype].BYTES_PER_ELEMENT;
}

function checkTensor(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  const where = `writeSafetensors: tensor '${name}'`;
  if (name === '__metadata__')
    throw new ConfigError(`${where}: the format keeps this name for its metadata.`);
  if (!isSafetensorsDtype(dtype)) {
    throw new ConfigError(
      `${where} has dtype '${dtype}'; accepted are ${Object.keys(arrayClasses).join(', ')}.`,
    );
  }
  if (!(data instanceof arrayClasses[dtype])) {
    throw new ConfigError(`${where} of dtype ${dtype} must hold its data in a ${arrayClasses[dtype].name}.`);
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ConfigError(`${where} has shape [${shape}]; it must be a list of integers of at least 0.`);
  }
  const elements = shape.reduce((product, n) => product * n, 1);
  if (data.length !== elements) {
    throw new ConfigError(
      `${where}: shape [${shape.join(', ')}] has ${elements} elements, data has ${data.length}.`,
    );
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries<unknown>(metadata)) {
    if (typeof value !== 'string') {
      throw new ConfigError(
        `writeSafetensors: metadata '${key}' is ${JSON.stringify(value)}; it must be a string.`,
      );
    }
  }
}
