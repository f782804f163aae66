import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPixelDecoder } from '../../src/data/loadPixelDecoder.js';
import { decodeLzw } from '../../src/data/tiff/decodeLzw.js';

const decoder = await loadPixelDecoder();

/** Packs codes, the highest bit first. */
function packed(codes: readonly [code: number, bits: number][]): Uint8Array {
  const bytes: number[] = [];
  let [buffer, held] = [0, 0];
  for (const [code, bits] of codes) {
    buffer = (buffer << bits) | code;
    held += bits;
    for (; held >= 8; held -= 8) bytes.push((buffer >> (held - 8)) & 255);
    buffer &= (1 << held) - 1;
  }
  if (held > 0) bytes.push((buffer << (8 - held)) & 255);
  return Uint8Array.from(bytes);
}

/** LZW as libtiff writes it. @param last The code at which the table is cleared; 4096: it stays as it is when full. */
function encodeLzw(data: Uint8Array, last = 4094): Uint8Array {
  const codes: [number, number][] = [[256, 9]];
  let table = new Map<string, number>();
  let [next, bits, before] = [258, 9, ''];
  const codeOf = (text: string) => (text.length === 1 ? text.charCodeAt(0) : (table.get(text) as number));
  for (const byte of data) {
    const longer = before + String.fromCharCode(byte);
    if (before === '' || table.has(longer)) {
      before = longer;
      continue;
    }
    codes.push([codeOf(before), bits]);
    if (next < 4096) table.set(longer, next++);
    // The reader, who is one code behind, grows one code early.
    if (next > (1 << bits) - 1 && bits < 12) bits++;
    if (next > last) {
      codes.push([256, bits]);
      table = new Map();
      [next, bits] = [258, 9];
    }
    before = String.fromCharCode(byte);
  }
  if (before !== '') {
    codes.push([codeOf(before), bits]);
    next++;
    if (next > (1 << bits) - 1 && bits < 12) bits++;
  }
  return packed([...codes, [257, bits]]);
}

const bytes = fc
  .tuple(
    fc.constantFrom('noise', 'few', 'run', 'repeat'),
    fc.integer({ min: 1, max: 30_000 }),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  )
  .map(([kind, length, seed]) => {
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      if (kind === 'noise') data[i] = 256 * random();
      else if (kind === 'few') data[i] = 3 * random();
      else if (kind === 'run') data[i] = i > 0 && random() < 0.999 ? data[i - 1] : 256 * random();
      else data[i] = i >= 50 && random() < 0.98 ? data[i - 50] : 256 * random();
    }
    return data;
  });

describe('decodeLzw', () => {
  it('gives what was encoded, or its beginning, by the decoder and without it', () => {
    fc.assert(
      fc.property(bytes, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (data, share, full) => {
        const stored = encodeLzw(data, full ? 4096 : 4094);
        const most = Math.max(1, Math.round(share * data.length));
        for (const length of [data.length, most]) {
          const expected = Buffer.from(data.subarray(0, length));
          expect(expected.equals(decodeLzw(stored, length))).toBe(true);
          expect(expected.equals(decoder.lzw(stored, length) as Uint8Array)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  const outcome = (decode: () => Uint8Array | undefined) => {
    try {
      return decode()?.slice();
    } catch {
      return undefined;
    }
  };

  it('refuses by the decoder what it refuses without it: cut streams, other bytes, more than there is', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), (data, at, change) => {
        const stored = encodeLzw(data);
        const damaged = stored.slice();
        damaged[at % stored.length] ^= 1 + (change % 255);
        const cut = stored.subarray(0, at % stored.length);
        for (const [one, length] of [
          [damaged, data.length],
          [cut, data.length],
          [stored, data.length + 1],
        ] as const) {
          // The old form, which a damaged beginning may look like, is refused before.
          const expected = outcome(() => decodeLzw(one, length));
          const got = one[0] === 0 && one[1] & 1 ? undefined : decoder.lzw(one, length)?.slice();
          expect(got === undefined).toBe(expected === undefined);
          if (expected) expect(Buffer.compare(got as Uint8Array, expected)).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
    expect(() => decodeLzw(encodeLzw(new Uint8Array(5)), 6, decoder)).toThrow('5 bytes of 6 (LZW)');
    expect(() => decodeLzw(new Uint8Array([0, 1, 0, 0]), 2, decoder)).toThrow('before TIFF 5');
  });

  it('takes no more memory than the codes can fill', () => {
    expect(decoder.lzw(new Uint8Array(10), 2 ** 30)).toBeUndefined();
  });
});
