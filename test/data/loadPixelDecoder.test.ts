import { constants, deflateSync, type InflateRaw, inflateRawSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPixelDecoder } from '../../src/data/loadPixelDecoder.js';
import { normalizeRaster } from '../../src/normalization/index.js';
import { DeflateStream, lengthsOf } from './deflateStream.js';

const { inflate, sumUp, scaleByRange } = await loadPixelDecoder();

/** What zlib makes of a stream; undefined: an error. */
function byZlib(stored: Uint8Array): Buffer | undefined {
  try {
    return inflateSync(stored);
  } catch {
    return undefined;
  }
}

/** Deflated noise with zlib's header, and with the right checksum where it happens to be a whole stream. */
function withFrame(noise: Uint8Array): Buffer {
  const header = new Uint8Array([0x78, 0x9c]);
  try {
    const { buffer, engine } = inflateRawSync(noise, { info: true }) as unknown as {
      buffer: Buffer;
      engine: InflateRaw;
    };
    return Buffer.concat([header, noise.subarray(0, engine.bytesWritten), deflateSync(buffer).subarray(-4)]);
  } catch {
    return Buffer.concat([header, noise]);
  }
}

function byOurs(stored: Uint8Array, length: number): Uint8Array | undefined {
  try {
    return inflate(stored, length);
  } catch {
    return undefined;
  }
}

/** Bytes that compress in many ways: noise, skewed noise with codes of all lengths, runs, and repeats at a distance. */
const bytes = fc
  .tuple(
    fc.constantFrom('noise', 'skewed', 'run', 'repeat', 'mixed'),
    fc.integer({ min: 0, max: 70_000 }),
    fc.integer({ min: 1, max: 40_000 }),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  )
  .map(([kind, length, distance, seed]) => {
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const skewed = () => Math.min(255, Math.floor(-40 * Math.log(1 - random()) * random() ** 6));
      if (kind === 'noise') data[i] = 256 * random();
      else if (kind === 'skewed') data[i] = skewed();
      else if (kind === 'run') data[i] = i > 0 && random() < 0.999 ? data[i - 1] : 256 * random();
      else if (kind === 'repeat') data[i] = i < distance ? 256 * random() : data[i - distance];
      else data[i] = random() < 0.05 ? skewed() : (data[i - 1 - (i % 12)] ?? 7);
    }
    return data;
  });

const deflated = fc
  .record({
    level: fc.integer({ min: 0, max: 9 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
    strategy: fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FILTERED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FIXED,
    ),
  })
  .chain((options) => bytes.map((data) => ({ data, stored: deflateSync(data, options) })));

describe('inflate', () => {
  it('undoes what zlib makes, whatever its settings', () => {
    fc.assert(
      fc.property(deflated, ({ data, stored }) => {
        expect(Buffer.compare(inflate(stored, data.length), data)).toBe(0);
        // What follows the stream is left.
        expect(Buffer.compare(inflate(Buffer.concat([stored, stored]), data.length), data)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what holds more than expected, and what is cut short anywhere', () => {
    fc.assert(
      fc.property(deflated, fc.nat(), ({ data, stored }, at) => {
        if (data.length > 0) expect(() => inflate(stored, data.length - 1)).toThrow('at most');
        expect(() => inflate(stored.subarray(0, at % stored.length), data.length)).toThrow();
      }),
      { numRuns: 200 },
    );
    const short = deflateSync(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5]));
    for (let length = 0; length < short.length; length++) {
      expect(() => inflate(short.subarray(0, length), 14)).toThrow();
    }
  });

  it('judges damaged streams as zlib does', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(deflated, damage, ({ data, stored }, changes) => {
        // Near the beginning are the codes, whose checks matter most.
        changes.forEach(([at, bit], i) => {
          stored[at % (i % 2 ? stored.length : Math.min(90, stored.length))] ^= bit;
        });
        const expected = byZlib(stored);
        const ours = byOurs(stored, data.length);
        if (!expected || expected.length > data.length) expect(ours).toBeUndefined();
        else expect(Buffer.compare(ours!, expected)).toBe(0);
      }),
      { numRuns: 250 },
    );
  });

  it('judges any bytes behind a valid header as zlib does, within a bounded time', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(3), (noise, type) => {
        // A last block of that type, so that fixed and dynamic codes come as often as stored bytes.
        noise[0] = (noise[0] & ~7) | 1 | (type << 1);
        const stored = withFrame(noise);
        const expected = byZlib(stored);
        if (expected) accepted++;
        expect(byOurs(stored, 2 ** 20)).toEqual(expected && new Uint8Array(expected));
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  const [a, b, end, four] = [97, 98, 256, 258];
  const used = { [a]: 1, [end]: 1 };
  const text = (literals: number[], distances: number[]) =>
    new DeflateStream().codes(literals, distances).symbol(literals, a).symbol(literals, end).end([a]);
  const copied = (distances: number[], distance: number, data: number[]) => {
    const literals = lengthsOf(259, { [a]: 1, [end]: 2, [four]: 2 });
    const stream = new DeflateStream().codes(literals, distances).symbol(literals, a).symbol(literals, four);
    return stream.symbol(distances, distance).symbol(literals, end).end(data);
  };
  const empty = lengthsOf(257, { [end]: 1 });
  it.each<[string, Buffer, number[] | undefined]>([
    ['no code of distances', text(lengthsOf(257, used), [0]), [a]],
    ['one literal code only', new DeflateStream().codes(empty, [0]).symbol(empty, end).end([]), []],
    ['one distance code of one bit', copied([1], 0, [a, a, a, a, a]), [a, a, a, a, a]],
    ['one distance code of two bits', copied([2], 0, [a, a, a, a, a]), undefined],
    ['too few literal codes', text(lengthsOf(257, { [a]: 2, [b]: 2, [end]: 2 }), [0]), undefined],
    ['too many literal codes', text(lengthsOf(257, { [a]: 1, [b]: 1, [end]: 1 }), [0]), undefined],
    ['too many distance codes', copied([1, 1, 1], 0, [a, a, a, a, a]), undefined],
    ['no end of the block', text(lengthsOf(257, { [a]: 1, [b]: 1 }), [0]), undefined],
    ['287 literals and lengths', text(lengthsOf(287, used), [0]), undefined],
    ['31 distances', text(lengthsOf(257, used), lengthsOf(31, {})), undefined],
    // Before the data stand zeros: with these the checksum would agree.
    ['a distance to before the data', copied([1, 1], 1, [a, 0, a, 0, a]), undefined],
  ])('judges %s as zlib does', async (_, stored, expected) => {
    const fresh = await loadPixelDecoder();
    expect(byZlib(stored)).toEqual(expected && Buffer.from(expected));
    if (expected) expect([...fresh.inflate(stored, 100)]).toEqual(expected);
    else expect(() => fresh.inflate(stored, 100)).toThrow();
  });

  it('gives the beginning of what a stream holds, whatever comes behind', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(0, 1, 6, 9), fc.double({ min: 0, max: 1 }), (data, level, share) => {
        const length = Math.round(share * data.length);
        const stored = deflateSync(data, { level });
        expect(Buffer.from(data.subarray(0, length)).equals(inflate(stored, length, true))).toBe(true);
        // Cut short before them it is refused.
        const half = stored.subarray(0, stored.length >> 1);
        if (data.length > 4) expect(() => inflate(half, data.length, true)).toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it('checks the checksum', () => {
    const stored = deflateSync(new Uint8Array(10_000).fill(255));
    stored[stored.length - 1] ^= 1;
    expect(() => inflate(stored, 10_000)).toThrow();
    stored[stored.length - 1] ^= 1;
    expect(inflate(stored, 10_000)).toEqual(new Uint8Array(10_000).fill(255));
  });

  it('takes no more memory than the stored bytes can fill, whatever is expected of them', () => {
    const stored = deflateSync(new Uint8Array(100));
    expect(inflate(stored, 2 ** 40)).toHaveLength(100);
    const zeros = inflate(deflateSync(new Uint8Array(5_000_000)), 5_000_000);
    expect([zeros.length, zeros.every((value) => value === 0)]).toEqual([5_000_000, true]);
  });
});

describe('sumUp', () => {
  it('adds the value before of the same band, in each row, wrapping as the type does', () => {
    const types = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array];
    const shape = fc.record({
      Type: fc.constantFrom(...types),
      step: fc.integer({ min: 1, max: 17 }),
      columns: fc.integer({ min: 1, max: 40 }),
      rows: fc.integer({ min: 1, max: 5 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(shape, ({ Type, step, columns, rows, seed }) => {
        const rowLength = step * columns;
        const values = new Type(rowLength * rows).map((_, i) => Math.imul(i + seed, 2654435761));
        const expected = values.slice();
        for (let i = 0; i < values.length; i++) {
          if (i % rowLength >= step) expected[i] += expected[i - step];
        }
        const bytes = inflate(deflateSync(new Uint8Array(values.buffer)), values.byteLength);
        const inside = new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, values.length);
        expect(sumUp(inside, rowLength, step)).toBe(true);
        expect(inside.slice()).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves values that are not in its memory', () => {
    const values = new Uint8Array([1, 1, 1]);
    expect([sumUp(values, 3, 1), ...values]).toEqual([false, 1, 1, 1]);
  });
});

describe('scaleByRange', () => {
  it('gives what normalizeRaster gives, bit by bit', () => {
    const sizes = { minLength: 1, maxLength: 70 };
    const arrays = fc.oneof(
      fc.uint8Array(sizes),
      fc.int8Array(sizes),
      fc.uint16Array(sizes),
      fc.int16Array(sizes),
      fc.nat(65535).map((value) => new Uint16Array(11).fill(value)),
    );
    fc.assert(
      fc.property(arrays, (values) => {
        const { min, max, scaled } = scaleByRange(values);
        const sides = { height: values.length, width: 1, channels: 1 };
        expect(scaled).toEqual(normalizeRaster({ ...sides, data: Float32Array.from(values) }).data);
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
      { numRuns: 500 },
    );
  });
});
