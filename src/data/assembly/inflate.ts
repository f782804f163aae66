import { adler32 } from './adler32';
import { copyMatch } from './copyMatch';
import {
  Alphabet, buildTable, DISTANCE_TABLE, LENGTHS, LITERAL_TABLE, literalsBefore, LITERALS, NO_CODE_BIT,
  PRECODE_TABLE, SPECIAL,
} from './huffman';

/** Whole bytes that are at hand at most. */
const MOST_AHEAD: usize = 7;

const FAILED: i32 = -1;

/** Order in which the lengths of the code of code lengths come. */
const ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

// The stream: bits not yet taken, lowest first, their number (in the low six bits), and where the next ones are.
let hold: u64 = 0;
let bits: u64 = 0;
let source: usize = 0;
let sourceEnd: usize = 0;

let target: usize = 0;
let targetBegin: usize = 0;
let targetEnd: usize = 0;

let literalBits: u32 = 0;
let distanceBits: u32 = 0;
/** Whether the tables are those of the fixed code. */
let fixed: bool = false;
/** Whether what comes behind `targetEnd` is left. */
let partial: bool = false;

/** At least 56 bits at hand: what is loaded again is what is there already. */
// @ts-ignore: decorator
@inline
function refill(): void {
  hold |= load<u64>(source) << bits;
  source += 7 - <usize>((bits >> 3) & 7);
  bits |= 56;
}

/** The next bits, at most 16 at a time of those at hand. */
// @ts-ignore: decorator
@inline
function take(count: u64): u32 {
  const value = <u32>(hold & ((1 << count) - 1));
  hold >>= count;
  bits -= count;
  return value;
}

/** Whether more bits have been taken than there are. */
// @ts-ignore: decorator
@inline
function overrun(): bool {
  return source - <usize>((bits & 63) >> 3) > sourceEnd;
}

/**
 * Undoes zlib's format (RFC 1950): deflate with a header of two bytes, a checksum behind. What follows it is left.
 *
 * @param part Whether no more than `capacity` bytes are wanted: those behind are left, and the checksum with them.
 * @returns The bytes written, or -1: it is damaged, cut short, needs a dictionary, or holds more than `capacity`.
 */
export function inflate(from: usize, length: usize, to: usize, capacity: usize, part: bool): i32 {
  if (length < 6) return FAILED;
  const method = <u32>load<u8>(from);
  const flags = <u32>load<u8>(from + 1);
  if ((method & 15) != 8 || method >> 4 > 7 || ((method << 8) | flags) % 31 != 0 || flags & 32) return FAILED;
  source = from + 2;
  sourceEnd = from + length;
  target = targetBegin = to;
  targetEnd = to + capacity;
  hold = bits = 0;
  partial = part;
  for (let last: u32 = 0; !last; ) {
    if (part && target >= targetEnd) return <i32>capacity;
    refill();
    last = take(1);
    const type = take(2);
    if (overrun()) return FAILED;
    if (type == 0) {
      if (!copyStored()) return FAILED;
    } else if (type == 3 || !(type == 1 ? readFixedCode() : readCode()) || !decodeBlock()) {
      return FAILED;
    }
  }
  if (part && target >= targetEnd) return <i32>capacity;
  const checksum = source - <usize>((bits & 63) >> 3);
  if (checksum + 4 > sourceEnd || bswap(load<u32>(checksum)) != adler32(to, target - to)) return FAILED;
  return <i32>(target - to);
}

function copyStored(): bool {
  const at = source - <usize>((bits & 63) >> 3);
  hold = bits = 0;
  if (at + 4 > sourceEnd) return false;
  let length = <u32>load<u16>(at);
  if (length != (load<u16>(at + 2) ^ 0xffff)) return false;
  source = at + 4;
  if (partial) length = min(length, <u32>(targetEnd - target));
  if (source + length > sourceEnd || target + length > targetEnd) return false;
  memory.copy(target, source, length);
  source += length;
  target += length;
  return true;
}

function readFixedCode(): bool {
  if (fixed) return true;
  memory.fill(LENGTHS, 8, 144);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  memory.fill(LENGTHS + 280, 8, 8);
  memory.fill(LENGTHS + 288, 5, 32);
  return (fixed = buildTables(288, 32));
}

function buildTables(literals: u32, distances: u32): bool {
  const first = buildTable(Alphabet.LiteralsAndLengths, LENGTHS, literals, LITERAL_TABLE, 12);
  const second = buildTable(Alphabet.Distances, LENGTHS + literals, distances, DISTANCE_TABLE, 8);
  literalBits = first;
  distanceBits = second;
  return first >= 0 && second >= 0;
}

/** The codes that a block begins with. */
function readCode(): bool {
  fixed = false;
  const literals: u32 = 257 + take(5);
  const distances: u32 = 1 + take(5);
  const given: u32 = 4 + take(4);
  if (literals > 286 || distances > 30) return false;
  memory.fill(LENGTHS, 0, 19);
  for (let i: u32 = 0; i < given; i++) {
    refill();
    store<u8>(LENGTHS + load<u8>(ORDER + i), <u8>take(3));
  }
  const index = buildTable(Alphabet.CodeLengths, LENGTHS, 19, PRECODE_TABLE, 7);
  if (index < 0) return false;
  const ones: u64 = (1 << index) - 1;
  const total = literals + distances;
  for (let i: u32 = 0; i < total; ) {
    refill();
    if (overrun()) return false;
    const entry = load<u32>(PRECODE_TABLE + <usize>((hold & ones) << 2));
    take(entry & 63);
    const symbol = entry >> 16;
    if (symbol < 16) {
      store<u8>(LENGTHS + i++, <u8>symbol);
      continue;
    }
    const repeats: u32 = symbol == 16 ? 3 + take(2) : symbol == 17 ? 3 + take(3) : 11 + take(7);
    if (i + repeats > total || (symbol == 16 && i == 0)) return false;
    memory.fill(LENGTHS + i, symbol == 16 ? load<u8>(LENGTHS + i - 1) : 0, repeats);
    i += repeats;
  }
  return load<u8>(LENGTHS + 256) != 0 && !overrun() && buildTables(literals, distances);
}

/**
 * Decodes a block of literals and matches. Each turn of the loop writes at most `SLACK` bytes and takes at most as
 * many; whether that was too much is seen at the next.
 *
 * The bits at hand are kept two places higher than needed, so that those of an index are an address in a table. What
 * takes the time is the way from one entry to the next: shift, mask, load.
 */
function decodeBlock(): bool {
  const literalOnes: u32 = ((1 << literalBits) - 1) << 2;
  const distanceOnes: u32 = ((1 << distanceBits) - 1) << 2;
  const sourceLimit = sourceEnd + MOST_AHEAD;
  const begin = targetBegin;
  const end = targetEnd;
  let from = source - <usize>((bits & 63) >> 3);
  let to = target;
  let held = (hold & ((1 << (bits & 7)) - 1)) << 2;
  let count = (bits & 7) + 2;
  for (;;) {
    if (from > sourceLimit || to > end) break;
    held |= load<u64>(from) << count;
    from += 7 - <usize>((count >> 3) & 7);
    count |= 56;
    let entry = <u64>load<u32>(<u32>held & literalOnes, LITERAL_TABLE);
    if (entry & LITERALS) {
      // 54 bits are enough for four entries of the index, 12 bits each.
      held >>= entry & 63;
      count -= entry;
      store<u16>(to, <u16>(entry >> 16));
      to += <usize>((entry >> 6) & 3);
      entry = <u64>load<u32>(<u32>held & literalOnes, LITERAL_TABLE);
      if (entry & LITERALS) {
        held >>= entry & 63;
        count -= entry;
        store<u16>(to, <u16>(entry >> 16));
        to += <usize>((entry >> 6) & 3);
        entry = <u64>load<u32>(<u32>held & literalOnes, LITERAL_TABLE);
        if (entry & LITERALS) {
          held >>= entry & 63;
          count -= entry;
          store<u16>(to, <u16>(entry >> 16));
          to += <usize>((entry >> 6) & 3);
          entry = <u64>load<u32>(<u32>held & literalOnes, LITERAL_TABLE);
          if (entry & LITERALS) {
            held >>= entry & 63;
            count -= entry;
            store<u16>(to, <u16>(entry >> 16));
            to += <usize>((entry >> 6) & 3);
            continue;
          }
        }
      }
      held |= load<u64>(from) << count;
      from += 7 - <usize>((count >> 3) & 7);
      count |= 56;
    }
    if (entry & SPECIAL) {
      if (entry & NO_CODE_BIT) return false;
      held >>= entry & 63;
      count -= entry;
      const subtable = <u32>(entry >> 16) << 2;
      if (subtable == 0) break;
      const ones: u32 = ((1 << (<u32>(entry >> 8) & 15)) - 1) << 2;
      entry = <u64>load<u32>(subtable + (<u32>held & ones), LITERAL_TABLE);
      if (entry & SPECIAL) {
        if (entry & NO_CODE_BIT) return false;
        held >>= entry & 63;
        count -= entry;
        break;
      }
      if (entry & LITERALS) {
        held >>= entry & 63;
        count -= entry;
        store<u8>(to++, <u8>(entry >> 16));
        continue;
      }
    }
    // Written also where there is none: the match goes over it.
    store<u8>(to, <u8>(entry >> 16));
    to += literalsBefore(entry);
    const stop = to + <usize>(3 + (entry >> 24) + extraBits(held, entry));
    held >>= entry & 63;
    count -= entry;
    entry = <u64>load<u32>(<u32>held & distanceOnes, DISTANCE_TABLE);
    if (entry & SPECIAL) {
      if (entry & NO_CODE_BIT) return false;
      held >>= entry & 63;
      count -= entry;
      const ones: u32 = ((1 << (<u32>(entry >> 8) & 15)) - 1) << 2;
      entry = <u64>load<u32>((<u32>(entry >> 16) << 2) + (<u32>held & ones), DISTANCE_TABLE);
      if (entry & NO_CODE_BIT) return false;
    }
    const distance = <usize>((entry >> 16) + extraBits(held, entry));
    held >>= entry & 63;
    count -= entry;
    if (distance > to - begin) return false;
    copyMatch(to, distance, stop);
    to = stop;
  }
  source = from;
  target = to;
  hold = held >> 2;
  bits = (count & 63) - 2;
  return (partial || to <= end) && !overrun();
}

/** The bits that follow the code of an entry, of those kept two places higher. */
// @ts-ignore: decorator
@inline
function extraBits(held: u64, entry: u64): u64 {
  return ((held >> 2) & ((1 << (entry & 63)) - 1)) >> ((entry >> 8) & 15);
}
