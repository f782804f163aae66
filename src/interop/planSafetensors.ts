import { ConfigError } from '../errors/ConfigError.js';
import {
  arrayClasses,
  isSafetensorsDtype,
  maxHeaderBytes,
  type SafetensorsDtype,
  tensorBytes,
} from './safetensorsTypes.js';

/** What the header says of a tensor. */
export interface TensorPlan {
  dtype: SafetensorsDtype;
  shape: readonly number[];
}

/** How a file is laid out. */
export interface FilePlan {
  /** The 8 bytes of its length, and the header. */
  header: Uint8Array<ArrayBuffer>;
  /** The tensors in the order in which they follow. */
  names: string[];
  /** Bytes of the file. */
  size: number;
}

/** The names of tensors in the order in which a file has them: wider dtypes first, so that each lies aligned. */
export function fileOrder(tensors: ReadonlyMap<string, TensorPlan>): string[] {
  const widthOf = (name: string) => arrayClasses[tensors.get(name)!.dtype].BYTES_PER_ELEMENT;
  return [...tensors.keys()].sort((a, b) => widthOf(b) - widthOf(a) || (a < b ? -1 : 1));
}

/**
 * Lays out a safetensors file. Its header is padded with spaces to a multiple of 8 bytes.
 *
 * @throws If a tensor or the metadata cannot be in such a file.
 */
export function planSafetensors(
  tensors: ReadonlyMap<string, TensorPlan>,
  metadata: Readonly<Record<string, string>>,
): FilePlan {
  checkMetadata(metadata);
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  const names = fileOrder(tensors);
  const fields: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) fields.push(['__metadata__', metadata]);
  let end = 0;
  for (const name of names) {
    const { dtype, shape } = tensors.get(name)!;
    const begin = end;
    end += tensorBytes({ dtype, shape });
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  if (headerBytes > maxHeaderBytes) {
    throw new ConfigError(
      `writeSafetensors: the header would have ${headerBytes} bytes; the format allows ${maxHeaderBytes}.`,
    );
  }
  const header = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, 8);
  return { header, names, size: header.length + end };
}

/** @throws Unless `data` are a tensor's elements. */
export function checkData(name: string, { dtype, shape }: TensorPlan, data: unknown): void {
  const where = `writeSafetensors: tensor '${name}'`;
  const ArrayClass = arrayClasses[dtype];
  if (!(data instanceof ArrayClass))
    throw new ConfigError(`${where} of dtype ${dtype} must hold its data in a ${ArrayClass.name}.`);
  const elements = shape.reduce((product, n) => product * n, 1);
  if (data.length !== elements) {
    throw new ConfigError(
      `${where}: shape [${shape.join(', ')}] has ${elements} elements, data has ${data.length}.`,
    );
  }
}

function checkTensor(name: string, { dtype, shape }: TensorPlan): void {
  const where = `writeSafetensors: tensor '${name}'`;
  if (name === '__metadata__')
    throw new ConfigError(`${where}: the format keeps this name for its metadata.`);
  if (!isSafetensorsDtype(dtype)) {
    throw new ConfigError(
      `${where} has dtype '${dtype}'; accepted are ${Object.keys(arrayClasses).join(', ')}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ConfigError(`${where} has shape [${shape}]; it must be a list of integers of at least 0.`);
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
