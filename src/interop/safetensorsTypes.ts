/** Element types of the safetensors format that this package reads and writes. */
export type SafetensorsDtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'U16'
  | 'I8'
  | 'U8'
  | 'BOOL';

/** A tensor's elements. `F16` and `BF16` are raw 16-bit patterns, `BOOL` is one byte an element. */
export type SafetensorsData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** One named array of a safetensors file, on the host. */
export interface SafetensorsTensor {
  dtype: SafetensorsDtype;
  /** Row-major; `[]` is a scalar. */
  shape: number[];
  /** As many elements as the shape holds, in the array class of `dtype`. */
  data: SafetensorsData;
}

/** One named array that is read when it is asked for, so that of a large file one tensor at a time is in memory. */
export interface StoredTensor {
  dtype: SafetensorsDtype;
  /** Row-major; `[]` is a scalar. */
  shape: readonly number[];
  /** The elements, in an array of the caller's own or one that nobody may write to. */
  read(): SafetensorsData | Promise<SafetensorsData>;
}

/** The tensors of a safetensors file, or of several with an index, each read when it is asked for. */
export interface StoredTensors {
  /** By name, in the order in which they lie: who reads all of them reads them in this order. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /** The header's `__metadata__`. */
  metadata: Readonly<Record<string, string>>;
  /** Lets go of the files; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** By name, in the order of the file's header. */
  tensors: Map<string, SafetensorsTensor>;
  /** The header's `__metadata__`; empty where the file has none. */
  metadata: Record<string, string>;
}

/** The largest header that the format allows, in bytes. */
export const maxHeaderBytes = 100_000_000;

/** The array class of each dtype. */
export const arrayClasses = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const satisfies Record<SafetensorsDtype, unknown>;

/** Bytes of one tensor. */
export function tensorBytes({ dtype, shape }: { dtype: SafetensorsDtype; shape: readonly number[] }): number {
  return shape.reduce((product, n) => product * n, arrayClasses[dtype].BYTES_PER_ELEMENT);
}

/** The elements that `raw` holds: a view, or a copy where its place does not allow one. */
export function elementsOf(dtype: SafetensorsDtype, raw: Uint8Array): SafetensorsData {
  const ArrayClass: new (buffer: ArrayBufferLike, offset: number, length: number) => SafetensorsData =
    arrayClasses[dtype];
  const width = arrayClasses[dtype].BYTES_PER_ELEMENT;
  // Not slice(), which Node's Buffer has as a view.
  const { buffer, byteOffset } = raw.byteOffset % width === 0 ? raw : new Uint8Array(raw);
  return new ArrayClass(buffer, byteOffset, raw.byteLength / width);
}

/** Whether `value` names a dtype of this package. */
export function isSafetensorsDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(arrayClasses, value);
}
