import type { PixelArray } from './geoTiffTypes.js';

/** Integers of 8 or 16 bits. */
export type SmallIntegers = Uint8Array | Int8Array | Uint16Array | Int16Array;

/** The parts of decoding that take the time. Only the first is needed. */
export interface PixelDecoder {
  /**
   * Undoes deflate (with zlib's header). The next call of any function may overwrite the result.
   *
   * @param length The bytes expected.
   * @param part Whether the stream may hold more: what comes behind them is left, and not checked.
   * @throws Where a stream is damaged, cut short, or holds more.
   */
  inflate(stored: Uint8Array, length: number, part?: boolean): Uint8Array;
  /**
   * Undoes LZW as TIFF has it, up to `length` bytes. The next call of any function may overwrite the result.
   *
   * @returns Nothing where a stream is damaged or cut short.
   */
  lzw?(stored: Uint8Array, length: number): Uint8Array | undefined;
  /**
   * Undoes TIFF's horizontal predictor in place: in rows of `rowLength` values, each becomes the sum of itself and the
   * value `step` before.
   *
   * @returns false, and nothing is done, unless the values are what `inflate` last gave.
   */
  sumUp?(values: PixelArray, rowLength: number, step: number): boolean;
  /**
   * Scales values by the range of all of them, as `normalizeRaster` does with min_max and lab. @param into Room for as
   * many; default: new memory.
   */
  scaleByRange?(
    values: SmallIntegers,
    into?: Float32Array<ArrayBuffer>,
  ): { min: number; max: number; scaled: Float32Array<ArrayBuffer> };
}

interface Exports {
  memory: WebAssembly.Memory;
  freeMemory(): number;
  slack(): number;
  inflate(from: number, length: number, to: number, capacity: number, part: boolean): number;
  lzw(from: number, length: number, to: number, capacity: number): number;
  sumUp(at: number, count: number, rowLength: number, step: number, size: number): void;
  scaleByRange(at: number, count: number, size: number, signed: boolean, to: number): number;
}

/** More than deflate can make of one byte: what is promised beyond is not there. */
const LARGEST_RATIO = 1100;
/** As LZW: the longest code of 12 bits stands for so many bytes. */
const LARGEST_LZW_RATIO = 2700;

/**
 * Starts a decoder in WebAssembly. On strips of some kilobytes, as GDAL writes them, its inflate is about twice as fast
 * as the one of Node; it checks what it reads as zlib does, the checksum too.
 *
 * @throws Where WebAssembly or its SIMD is missing.
 */
export async function loadPixelDecoder(): Promise<Required<PixelDecoder>> {
  const { default: text } = await import('./generated/pixels.js');
  const module = await WebAssembly.compile(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)));
  const instance = await WebAssembly.instantiate(module);
  const wasm = instance.exports as unknown as Exports;
  const slack = wasm.slack();
  const from = wasm.freeMemory();
  let bytes = new Uint8Array(wasm.memory.buffer);
  /** Puts bytes into the memory; returns where `room` bytes are free behind them. */
  const put = (given: Uint8Array, room: number): number => {
    const to = (from + given.length + slack + 15) & ~15;
    const missing = to + room + slack - bytes.length;
    if (missing > 0) {
      wasm.memory.grow(Math.ceil(missing / 2 ** 16));
      bytes = new Uint8Array(wasm.memory.buffer);
    }
    bytes.set(given, from);
    return to;
  };
  return {
    inflate(stored, length, part = false) {
      const capacity = Math.min(length, LARGEST_RATIO * stored.length);
      const to = put(stored, capacity);
      const written = wasm.inflate(from, stored.length, to, capacity, part);
      if (written < 0) throw new Error(`no deflated data of at most ${length} bytes`);
      return bytes.subarray(to, to + written);
    },
    lzw(stored, length) {
      if (length > LARGEST_LZW_RATIO * stored.length) return undefined;
      const to = put(stored, length);
      return wasm.lzw(from, stored.length, to, length) < 0 ? undefined : bytes.subarray(to, to + length);
    },
    sumUp(values, rowLength, step) {
      if (values.buffer !== bytes.buffer) return false;
      wasm.sumUp(values.byteOffset, values.length, rowLength, step, values.BYTES_PER_ELEMENT);
      return true;
    },
    scaleByRange(values, into) {
      const { length, BYTES_PER_ELEMENT: size } = values;
      const to = put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4 * length);
      const signed = values instanceof Int8Array || values instanceof Int16Array;
      const range = wasm.scaleByRange(from, length, size, signed, to);
      const lowest = signed ? -32768 : 0;
      const scaled = into ?? new Float32Array(length);
      scaled.set(new Float32Array(wasm.memory.buffer, to, length));
      return { min: (range & 0xffff) + lowest, max: (range >>> 16) + lowest, scaled };
    },
  };
}
