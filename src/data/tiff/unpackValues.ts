import type { PixelArray, PixelType } from '../geoTiffTypes.js';
import type { SampleFormat, TiffLayout } from './tiffLayout.js';

/** The array of each pixel type. */
export const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<PixelType, unknown>;

/** A copy with the bytes of each value in the other order. */
export function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += size) {
    for (let k = 0; k < size; k++) out[i + k] = bytes[i + size - 1 - k];
  }
  return out;
}

/**
 * The values of a block that is no longer compressed.
 *
 * @param bytes Whole values the lowest byte first; others as they are packed.
 * @param rowLength Values of a row, which begins with a byte of its own.
 * @throws If a 64-bit integer is none that float64 holds exactly.
 */
export function unpackValues(
  bytes: Uint8Array,
  { bits, format, dtype }: Pick<TiffLayout, 'bits' | 'format' | 'dtype'>,
  rowLength: number,
): PixelArray {
  if (bits === 64 && format !== 'float') return exactIntegers(bytes, format);
  const values = ARRAYS[dtype];
  if (bits === 8 * values.BYTES_PER_ELEMENT) {
    const aligned = bytes.byteOffset % values.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
    return new values(
      aligned.buffer as ArrayBuffer,
      aligned.byteOffset,
      bytes.length / values.BYTES_PER_ELEMENT,
    );
  }
  const rowBytes = Math.ceil((rowLength * bits) / 8);
  const rows = bytes.length / rowBytes;
  const out = new values(rows * rowLength);
  const read = bits === 16 ? half : bits === 24 && format === 'float' ? triple : undefined;
  for (let row = 0; row < rows; row++) {
    const from = row * rowBytes;
    if (read) {
      for (let i = 0; i < rowLength; i++) out[row * rowLength + i] = read(bytes, from + (i * bits) / 8);
    } else unpackRow(bytes.subarray(from), bits, out.subarray(row * rowLength, (row + 1) * rowLength));
  }
  return out;
}

function exactIntegers(bytes: Uint8Array, format: SampleFormat): Float64Array {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const Integers = format === 'int' ? BigInt64Array : BigUint64Array;
  const integers = new Integers(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / 8);
  const out = new Float64Array(integers.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number(integers[i]);
    if (!Number.isSafeInteger(out[i]) && BigInt(out[i]) !== integers[i]) throw new InexactError(integers[i]);
  }
  return out;
}

/** A 64-bit integer that no JavaScript number holds. */
export class InexactError extends Error {
  constructor(value: bigint) {
    super(`64-bit integers beyond 2^53, such as ${value}`);
  }
}

/** Integers of 1 to 32 bits, the highest bit first, whatever the byte order of the file. */
function unpackRow(bytes: Uint8Array, bits: number, out: PixelArray): void {
  let buffer = 0;
  let held = 0;
  let at = 0;
  if (bits <= 24) {
    for (let i = 0; i < out.length; i++) {
      for (; held < bits; held += 8) buffer = (buffer << 8) | bytes[at++];
      held -= bits;
      out[i] = buffer >>> held;
      buffer &= (1 << held) - 1;
    }
    return;
  }
  for (let i = 0; i < out.length; i++) {
    // At most 32 bits wanted and 7 left over: beyond what JavaScript's bit operations hold.
    while (held < bits) {
      buffer = buffer * 256 + bytes[at++];
      held += 8;
    }
    held -= bits;
    const scale = 2 ** held;
    const value = Math.floor(buffer / scale);
    out[i] = value;
    buffer -= value * scale;
  }
}

/** IEEE 754 half precision. */
function half(bytes: Uint8Array, at: number): number {
  return smallFloat(bytes[at] | (bytes[at + 1] << 8), 5, 10);
}

/** One sign, seven exponent and sixteen fraction bits. */
function triple(bytes: Uint8Array, at: number): number {
  return smallFloat(bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16), 7, 16);
}

function smallFloat(code: number, exponentBits: number, fractionBits: number): number {
  const sign = code >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (code >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = code & (2 ** fractionBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}
