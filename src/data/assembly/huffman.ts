/**
 * Decoding tables of Huffman codes (RFC 1951, 3.2.2), looked up with the next bits of the stream. A code longer than
 * the table's index goes on in a subtable, as in zlib. An entry of the first table may hold two symbols whose codes
 * fit its index together: two literals, or a literal and a length.
 *
 * An entry has 32 bits:
 *
 * | bits  | meaning |
 * |-------|---------|
 * | 0-5   | bits to take from the stream: codes and extra bits |
 * | 6-7   | literals: 1 or 2, else 0 |
 * | 8-11  | bits of the codes alone; of a subtable, those of its index |
 * | 12    | neither literal nor length nor distance: a subtable, the end of the block, or no code at all |
 * | 14    | a length with a literal before it |
 * | 16-31 | literals, the first one lowest; of a length, the literal before it and the least length less 3; the least |
 * |       | distance; or where the subtable begins, in entries |
 */
const ONE_LITERAL: u32 = 1 << 6;
const TWO_LITERALS: u32 = 2 << 6;
export const LITERALS: u32 = 3 << 6;
export const SPECIAL: u32 = 1 << 12;
export const NO_CODE_BIT: u32 = 1 << 13;
const NO_CODE: u32 = SPECIAL | NO_CODE_BIT;
const LITERAL_BEFORE_BIT: u32 = 14;

/** What a table's symbols are. */
export const enum Alphabet {
  CodeLengths,
  LiteralsAndLengths,
  Distances,
}

/** Code lengths that a table is built of, a byte each. */
export const LENGTHS: usize = 4096;
const COUNTS: usize = LENGTHS + 512;
const SORTED: usize = COUNTS + 64;
export const PRECODE_TABLE: usize = SORTED + 1024;
export const LITERAL_TABLE: usize = PRECODE_TABLE + 4 * 128;
export const DISTANCE_TABLE: usize = LITERAL_TABLE + 4 * 8192;
const SINGLE_TABLE: usize = DISTANCE_TABLE + 4 * 1024;
export const END_OF_TABLES: usize = SINGLE_TABLE + 4 * 4096;

/** The entry of a symbol, without the length of its code. */
// @ts-ignore: decorator
@inline
function symbolEntry(alphabet: Alphabet, symbol: u32): u32 {
  if (alphabet == Alphabet.CodeLengths) return symbol << 16;
  if (alphabet == Alphabet.LiteralsAndLengths) {
    if (symbol < 256) return ONE_LITERAL | (symbol << 16);
    if (symbol == 256) return SPECIAL;
    const code = symbol - 257;
    if (code < 8) return code << 24;
    if (code == 28) return 255 << 24;
    if (code > 28) return NO_CODE;
    const extra = (code >> 2) - 1;
    return ((4 + (code & 3)) << (extra + 24)) | extra;
  }
  if (symbol < 4) return (1 + symbol) << 16;
  if (symbol > 29) return NO_CODE;
  const extra = (symbol >> 1) - 1;
  return ((1 + ((2 + (symbol & 1)) << extra)) << 16) | extra;
}

/** The codeword after this one; codewords are written with their first bit lowest, as they come. */
// @ts-ignore: decorator
@inline
function nextCodeword(codeword: u32, length: u32): u32 {
  const ones: u32 = (1 << length) - 1;
  if (codeword == ones) return codeword;
  const bit: u32 = 1 << (31 - clz(codeword ^ ones));
  return (codeword & (bit - 1)) | bit;
}

/**
 * Builds the table of the code whose lengths are at `lengths`.
 *
 * @param most Most bits of the table's index.
 * @returns The bits of the table's index, or -1 where the lengths are no code that zlib accepts: all codewords are
 * used, or there is only one.
 */
export function buildTable(
  alphabet: Alphabet, lengths: usize, symbols: u32, table: usize, most: u32,
): i32 {
  memory.fill(COUNTS, 0, 64);
  for (let i: u32 = 0; i < symbols; i++) {
    const at = COUNTS + ((<usize>load<u8>(lengths + i)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let longest: u32 = 15;
  while (longest > 0 && load<u32>(COUNTS + (longest << 2)) == 0) longest--;
  if (longest == 0) {
    if (alphabet != Alphabet.Distances) return -1;
    store<u32>(table, NO_CODE);
    return 0;
  }
  // Symbols by length, then by value.
  let free: i32 = 1;
  let place: u32 = 0;
  for (let length: u32 = 1; length <= 15; length++) {
    const count = load<u32>(COUNTS + (length << 2));
    free = (free << 1) - <i32>count;
    if (free < 0) return -1;
    store<u16>(SORTED + 960 + (length << 1), <u16>place);
    place += count;
  }
  if (free > 0 && (longest > 1 || alphabet == Alphabet.CodeLengths)) return -1;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = <usize>load<u8>(lengths + symbol);
    if (length == 0) continue;
    const at = SORTED + 960 + (length << 1);
    const to = load<u16>(at);
    store<u16>(at, to + 1);
    store<u16>(SORTED + ((<usize>to) << 1), <u16>symbol);
  }
  let shortest = 1;
  while (load<u32>(COUNTS + (shortest << 2)) == 0) shortest++;
  const index = min(most, longest);
  if (free > 0) store<u64>(table, (<u64>NO_CODE << 32) | NO_CODE);
  let next = SORTED;
  let codeword: u32 = 0;
  for (let length: u32 = 1; length <= index; length++) {
    // Shorter codes are there once more, followed by a one.
    if (length > 1) memory.copy(table + (2 << length), table, 2 << length);
    for (let count = load<u32>(COUNTS + (length << 2)); count > 0; count--) {
      const entry = symbolEntry(alphabet, load<u16>(next)) + (length | (length << 8));
      store<u32>(table + (codeword << 2), entry);
      next += 2;
      codeword = nextCodeword(codeword, length);
    }
  }
  buildSubtables(alphabet, table, index, longest, codeword, next);
  if (alphabet == Alphabet.LiteralsAndLengths && 2 * shortest <= <i32>index) pairLiterals(table, index, shortest);
  return index;
}

/** Puts the codes longer than `index` bits behind the table. */
function buildSubtables(
  alphabet: Alphabet, table: usize, index: u32, longest: u32, codeword: u32, next: usize,
): void {
  const ones: u32 = (1 << index) - 1;
  let prefix: u32 = ~0;
  let begin: u32 = 0;
  let end: u32 = 1 << index;
  for (let length = index + 1; length <= longest; length++) {
    const rest = length - index;
    for (let count = load<u32>(COUNTS + (length << 2)); count > 0; count--) {
      if ((codeword & ones) != prefix) {
        prefix = codeword & ones;
        begin = end;
        let bits = rest;
        let used = count;
        while (used < (1 << bits)) {
          bits++;
          used = (used << 1) + load<u32>(COUNTS + ((index + bits) << 2));
        }
        end = begin + (1 << bits);
        store<u32>(table + (prefix << 2), SPECIAL | index | (bits << 8) | (begin << 16));
      }
      const entry = symbolEntry(alphabet, load<u16>(next)) + (rest | (rest << 8));
      for (let i = begin + (codeword >> index); i < end; i += 1 << rest) store<u32>(table + (i << 2), entry);
      next += 2;
      codeword = nextCodeword(codeword, length);
    }
  }
}

/** The literals before a length: 0 or 1. */
// @ts-ignore: decorator
@inline
export function literalsBefore(entry: u64): usize {
  return <usize>((entry >> LITERAL_BEFORE_BIT) & 1);
}

/**
 * Joins literals with the literal or length that follows, where both codes are within the index. Four entries at a
 * time, without branches, which would be guessed wrong half of the time.
 *
 * @param shortest Bits of the shortest code.
 */
function pairLiterals(table: usize, index: u32, shortest: u32): void {
  memory.copy(SINGLE_TABLE, table, 4 << index);
  const one = i32x4.splat(ONE_LITERAL);
  const kind = i32x4.splat(SPECIAL | LITERALS);
  const low4 = i32x4.splat(15);
  const low6 = i32x4.splat(63);
  const value = i32x4.splat(0xff0000);
  let next = SORTED;
  let codeword: u32 = 0;
  for (let length: u32 = 1; length + shortest <= index; length++) {
    const seconds: usize = 4 << (index - length);
    const step: usize = 4 << length;
    const room = i32x4.splat(index - length);
    for (let count = load<u32>(COUNTS + (length << 2)); count > 0; count--) {
      const at = table + (codeword << 2);
      codeword = nextCodeword(codeword, length);
      const symbol = load<u16>(next);
      next += 2;
      if (symbol > 255) continue;
      const alone = length | (length << 8) | (<u32>symbol << 16);
      const single = i32x4.splat(ONE_LITERAL | alone);
      const twice = i32x4.splat(TWO_LITERALS | length | (<u32>symbol << 16));
      const before = i32x4.splat((1 << LITERAL_BEFORE_BIT) | alone);
      let to = at;
      for (let i: usize = 0; i < seconds; i += 16) {
        const second = v128.load(SINGLE_TABLE + i);
        const fits = i32x4.le_s(v128.and(i32x4.shr_u(second, 8), low4), room);
        const kinds = v128.and(second, kind);
        const literals = v128.or(
          i32x4.add(twice, v128.and(second, low6)),
          i32x4.shl(v128.and(second, value), 8),
        );
        const both = v128.bitselect(literals, i32x4.add(before, second), i32x4.eq(kinds, one));
        // Neither a subtable nor an end nor no code, whose bit stands highest here.
        const entries = v128.bitselect(both, single, v128.and(fits, i32x4.le_u(kinds, one)));
        v128.store32_lane(to, entries, 0);
        v128.store32_lane(to + step, entries, 1);
        if (seconds == 8) break;
        v128.store32_lane(to + 2 * step, entries, 2);
        v128.store32_lane(to + 3 * step, entries, 3);
        to += 4 * step;
      }
    }
  }
}
