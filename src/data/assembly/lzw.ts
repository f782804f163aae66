import { copyMatch } from './copyMatch';
import { END_OF_TABLES } from './huffman';

const CLEAR: u32 = 256;
const END: u32 = 257;
const FIRST: u32 = 258;
const MOST: u32 = 4096;

/** The bytes that codes below 256 stand for, with room behind for what is read beyond the last one. */
const LITERALS: usize = END_OF_TABLES;
/** Of each code, where its bytes are, and how many: 32 bits each. */
const TABLE: usize = LITERALS + 256 + 16;
export const END_OF_CODES: usize = TABLE + 8 * (MOST + 1);

const FAILED: i32 = -1;

let ready: bool = false;

function writeLiterals(): void {
  for (let i: usize = 0; i < 256; i++) {
    store<u8>(LITERALS + i, <u8>i);
    store<u64>(TABLE + (i << 3), <u64>(LITERALS + i) | (1 << 32));
  }
  ready = true;
}

/**
 * Undoes LZW as TIFF has it: codes of 9 to 12 bits, the highest first, that grow one code early. What follows the first
 * `capacity` bytes is left.
 *
 * @returns The bytes written, which are `capacity`, or -1: it is damaged or cut short.
 */
export function lzw(from: usize, length: usize, to: usize, capacity: usize): i32 {
  if (!ready) writeLiterals();
  const end = to + capacity;
  const sourceEnd = from + length;
  // After a CLEAR there is no code before, to which the first bytes of this one are added: what is entered is never
  // looked up, in the place of END.
  let next = FIRST - 1;
  let bits: u64 = 9;
  let widen: u32 = 511;
  // Bits not yet taken stand highest.
  let held: u64 = 0;
  let count: u64 = 0;
  let before: usize = 0;
  let beforeLength: u64 = 0;
  while (to < end) {
    if (count < 12) {
      if (from > sourceEnd + 7) return FAILED;
      held |= bswap(load<u64>(from)) >> count;
      from += <usize>((63 - count) >> 3);
      count |= 56;
    }
    const code = <u32>(held >> (64 - bits));
    held <<= bits;
    count -= bits;
    if ((code | 1) == END) {
      if (code == END) return FAILED;
      next = FIRST - 1;
      bits = 9;
      widen = 511;
      continue;
    }
    // The bytes before and the first one of these, which lie side by side in the output.
    store<u64>(TABLE + (<usize>next << 3), <u64>before | ((beforeLength + 1) << 32));
    next = min(next + 1, MOST);
    if (next >= widen) {
      bits = min(bits + 1, 12);
      widen = bits < 12 ? (1 << <u32>bits) - 1 : MOST + 1;
    }
    if (code >= next) return FAILED;
    const entry = load<u64>(TABLE + (<usize>code << 3));
    const at = <usize>(entry & 0xffffffff);
    before = to;
    beforeLength = entry >> 32;
    const stop = to + <usize>beforeLength;
    if (!(<u32>(beforeLength > 16) | <u32>(to - at < 16))) v128.store(to, v128.load(at));
    else if (stop <= end) copyMatch(to, to - at, stop);
    else for (let i = to; i < end; i++) store<u8>(i, load<u8>(at + i - to));
    to = stop;
  }
  return from - <usize>(count >> 3) > sourceEnd ? FAILED : <i32>capacity;
}
