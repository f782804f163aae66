import type { Inflate } from './readPlainTiff.js';

interface InflateExports {
  memory: WebAssembly.Memory;
  freeMemory(): number;
  slack(): number;
  inflate(from: number, length: number, to: number, capacity: number): number;
}

/** More than deflate can make of one byte: what is promised beyond is not there. */
const LARGEST_RATIO = 1100;

/**
 * Starts an inflate of our own in WebAssembly: on strips of some kilobytes, as GDAL writes them, about twice as fast as
 * the one of Node. It checks what it reads as zlib does, the checksum too.
 *
 * @returns A function that undoes deflate (with zlib's header). Its result is overwritten by the next call. It throws
 * where a stream is damaged, cut short, or holds more than the bytes expected.
 * @throws Where WebAssembly or its SIMD is missing.
 */
export async function loadInflate(): Promise<Inflate> {
  const { default: text } = await import('./generated/inflate.js');
  const module = await WebAssembly.compile(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)));
  const instance = await WebAssembly.instantiate(module);
  const { memory, freeMemory, slack, inflate } = instance.exports as unknown as InflateExports;
  const from = freeMemory();
  let bytes = new Uint8Array(memory.buffer);
  return (stored, length) => {
    const capacity = Math.min(length, LARGEST_RATIO * stored.length);
    const to = (from + stored.length + slack() + 15) & ~15;
    const missing = to + capacity + slack() - bytes.length;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / 2 ** 16));
      bytes = new Uint8Array(memory.buffer);
    }
    bytes.set(stored, from);
    const written = inflate(from, stored.length, to, capacity);
    if (written < 0) throw new Error(`no deflated data of at most ${length} bytes`);
    return bytes.subarray(to, to + written);
  };
}
