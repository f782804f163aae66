import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { safetensorsToFloat32 } from '../../src/interop/safetensorsToFloat32.js';
import type { SafetensorsDtype, SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { arrayClasses } from '../../src/interop/safetensorsTypes.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { fixturesFolder } from '../support/fixtures.js';

const dtypes = Object.keys(arrayClasses) as SafetensorsDtype[];

/** A file with the header as given, word for word. */
function fileWith(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const f32 = (shape: number[], ...values: number[]): SafetensorsTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(values),
});

const tensorArbitrary: fc.Arbitrary<SafetensorsTensor> = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    seed: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  })
  .map(({ dtype, shape, seed }) => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const bytes = new Uint8Array(elements * arrayClasses[dtype].BYTES_PER_ELEMENT);
    for (let i = 0; i < bytes.length; i++) bytes[i] = seed[i % seed.length];
    return { dtype, shape, data: new arrayClasses[dtype](bytes.buffer) };
  });

const rawBytes = ({ data }: SafetensorsTensor) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

describe('reference files', () => {
  const files = readdirSync(fixturesFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.safetensors'),
  );

  it('are there', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s is read whole and written back with the same tensors', (name) => {
    const file = readFileSync(path.join(fixturesFolder, name));
    const { tensors, metadata } = readSafetensors(file);
    expect(tensors.size).toBeGreaterThan(0);
    const dataBytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(8 + Number(file.readBigUInt64LE(0)) + dataBytes).toBe(file.length);
    const again = readSafetensors(writeSafetensors(tensors, metadata));
    expect(again.metadata).toEqual(metadata);
    expect([...again.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [key, tensor] of tensors) {
      const copy = again.tensors.get(key)!;
      expect(copy.dtype).toBe(tensor.dtype);
      expect(copy.shape).toEqual(tensor.shape);
      expect(rawBytes(copy)).toBe(rawBytes(tensor));
    }
  });
});

describe('a file written by the safetensors library of Python', () => {
  // safetensors 0.8: save({'b': float16 [1.5, -2], 'a': int64 7}, metadata={'k': 'v'})
  const bytes = fileWith(
    '{"__metadata__":{"k":"v"},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
      '"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]}}    ',
    new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x3e, 0x00, 0xc0]),
  );

  it('is read from a Buffer too, wherever its data begin', () => {
    for (const space of ['', ' ', '  ', '   ']) {
      const header = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}${space}`;
      const file = fileWith(header, new Uint8Array([0, 0, 128, 63, 0, 0, 0, 192]));
      expect(readSafetensors(Buffer.from(file)).tensors.get('a')!.data, space).toEqual(
        Float32Array.of(1, -2),
      );
    }
  });

  it('is read', () => {
    const { tensors, metadata } = readSafetensors(bytes);
    expect(metadata).toEqual({ k: 'v' });
    expect(tensors.get('a')).toEqual({ dtype: 'I64', shape: [], data: new BigInt64Array([7n]) });
    expect([...safetensorsToFloat32(tensors.get('b')!)]).toEqual([1.5, -2]);
  });

  it('is what we write for the same tensors', () => {
    const { tensors, metadata } = readSafetensors(bytes);
    expect(Buffer.from(writeSafetensors(tensors, metadata)).equals(Buffer.from(bytes))).toBe(true);
  });
});

describe('round trip', () => {
  it('keeps every dtype, shape, name and metadata, at any position in a larger buffer', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), tensorArbitrary, { maxKeys: 6 }),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.string(), { maxKeys: 4 }),
        fc.nat(15),
        (record, metadata, shift) => {
          delete record.__metadata__;
          const file = writeSafetensors(record, metadata);
          expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
          const larger = new Uint8Array(file.length + 16);
          larger.set(file, shift);
          const { tensors, metadata: readBack } = readSafetensors(
            larger.subarray(shift, shift + file.length),
          );
          expect(new Map(Object.entries(readBack))).toEqual(new Map(Object.entries(metadata)));
          expect([...tensors.keys()].sort()).toEqual(Object.keys(record).sort());
          for (const [name, tensor] of Object.entries(record)) {
            const copy = tensors.get(name)!;
            expect([copy.dtype, copy.shape, copy.data.constructor]).toEqual([
              tensor.dtype,
              tensor.shape,
              tensor.data.constructor,
            ]);
            expect(rawBytes(copy)).toBe(rawBytes(tensor));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('puts wider dtypes first, so that arrays are views into the file', () => {
    const file = writeSafetensors({
      a: { dtype: 'U8', shape: [3], data: new Uint8Array(3) },
      b: f32([1], 1),
      c: { dtype: 'F64', shape: [1], data: new Float64Array([2]) },
    });
    const { tensors } = readSafetensors(file);
    expect([...tensors.keys()]).toEqual(['c', 'b', 'a']);
    for (const { data } of tensors.values()) expect(data.buffer).toBe(file.buffer);
  });

  it('gives the same bytes whatever the order of the tensors, from a Map or an object', () => {
    const file = writeSafetensors({ a: f32([1], 1), b: f32([1], 2) });
    const fromMap = writeSafetensors(
      new Map([
        ['b', f32([1], 2)],
        ['a', f32([1], 1)],
      ]),
    );
    expect(fromMap).toEqual(file);
  });

  it('writes only the part of a buffer that the array covers', () => {
    const data = new Float32Array([1, 2, 3]).subarray(1);
    const { tensors } = readSafetensors(writeSafetensors({ x: { dtype: 'F32', shape: [2], data } }).buffer);
    expect([...tensors.get('x')!.data]).toEqual([2, 3]);
  });
});

describe('safetensorsToFloat32', () => {
  const values = (dtype: SafetensorsDtype, data: SafetensorsTensor['data']) => [
    ...safetensorsToFloat32({ dtype, shape: [data.length], data }),
  ];

  it('decodes half precision: normal, subnormal, signed zero, infinite, NaN', () => {
    const bits = [0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555];
    const expected = [1, -2, 2 ** -24, 1023 * 2 ** -24, 65504, -0, Infinity, -Infinity, NaN, 0.333251953125];
    expect(values('F16', new Uint16Array(bits))).toEqual(expected);
  });

  it('decodes bfloat16', () => {
    const bits = [0x3f80, 0xc000, 0x4049, 0x8000, 0x7f80, 0x7fc0];
    expect(values('BF16', new Uint16Array(bits))).toEqual([1, -2, 3.140625, -0, Infinity, NaN]);
  });

  it('rounds wider numbers and keeps integers', () => {
    expect(values('F64', new Float64Array([0.1]))).toEqual([Math.fround(0.1)]);
    expect(values('I64', new BigInt64Array([-5n]))).toEqual([-5]);
    expect(values('U16', new Uint16Array([65535]))).toEqual([65535]);
    expect(values('I8', new Int8Array([-128]))).toEqual([-128]);
    expect(values('BOOL', new Uint8Array([0, 1, 255]))).toEqual([0, 1, 1]);
  });

  it('returns F32 data without a copy', () => {
    const tensor = f32([1], 3);
    expect(safetensorsToFloat32(tensor)).toBe(tensor.data);
  });
});

describe('damaged files', () => {
  const four = new Uint8Array(4);
  const tensor = (shape: string, offsets: string, dtype = '"F32"') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  const cases: [string, Uint8Array, RegExp][] = [
    ['too short', new Uint8Array(7), /7 bytes/],
    ['header beyond the file', fileWith('{}').subarray(0, 9), /length is 2 bytes, but 1 follow/],
    [
      'header over 100 MB',
      new Uint8Array([1, 225, 245, 5, 0, 0, 0, 0]),
      /100000001 bytes; at most 100000000/,
    ],
    [
      'header of 2^60 bytes',
      new Uint8Array([0, 0, 0, 0, 0, 0, 0, 16, 123, 125]),
      /1152921504606846976 bytes/,
    ],
    ['header length of 2^64 - 1', new Uint8Array(8).fill(255), /18446744073709551615 bytes/],
    ['no JSON', fileWith('{"a":'), /not JSON/],
    ['no UTF-8', fileWith(new Uint8Array([0x7b, 0xff, 0x7d])), /not JSON in UTF-8/],
    ['a list', fileWith('[]'), /not an object/],
    [
      'tensor twice',
      fileWith(`{"a":${tensor('[1]', '[0,4]')},"\\u0061":${tensor('[1]', '[0,4]')}}`, four),
      /'a' twice/,
    ],
    [
      'field twice',
      fileWith('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
      /'dtype' twice/,
    ],
    ['entry no object', fileWith('{"a":3}'), /'a' is 3/],
    [
      'unknown dtype',
      fileWith(`{"a":${tensor('[1]', '[0,4]', '"C64"')}}`, four),
      /'a' has dtype "C64"; accepted are F64/,
    ],
    ['inherited dtype', fileWith(`{"a":${tensor('[1]', '[0,4]', '"toString"')}}`, four), /dtype "toString"/],
    ['negative size', fileWith(`{"a":${tensor('[-1]', '[0,4]')}}`, four), /'a' has shape \[-1\]/],
    ['fractional size', fileWith(`{"a":${tensor('[1.5]', '[0,4]')}}`, four), /shape \[1.5\]/],
    [
      'huge shape',
      fileWith(`{"a":${tensor('[4294967296,4294967296]', '[0,4]')}}`, four),
      /needs 7378\d+ bytes/,
    ],
    ['one offset', fileWith(`{"a":${tensor('[1]', '[4]')}}`, four), /data_offsets \[4\]/],
    ['offsets backwards', fileWith(`{"a":${tensor('[1]', '[4,0]')}}`, four), /data_offsets \[4,0\]/],
    [
      'wrong length',
      fileWith(`{"a":${tensor('[2]', '[0,4]')}}`, four),
      /'a': shape \[2\] of F32 needs 8 bytes, .* hold 4/,
    ],
    [
      'beyond the file',
      fileWith(`{"a":${tensor('[2]', '[0,8]')}}`, four),
      /'a' has data_offsets \[0, 8\], but the file holds 4/,
    ],
    [
      'overlap',
      fileWith(`{"a":${tensor('[1]', '[0,4]')},"b":${tensor('[1]', '[0,4]')}}`, four),
      /'b' .* overlap .* ending at 4/,
    ],
    [
      'partial overlap',
      fileWith(`{"b":${tensor('[2]', '[4,12]')},"a":${tensor('[2]', '[0,8]')}}`, new Uint8Array(12)),
      /'b' has data_offsets \[4, 12\], which overlap the tensor before it, ending at 8/,
    ],
    [
      'offsets beyond 2^53',
      fileWith(`{"a":${tensor('[1]', '[9007199254740992,9007199254740996]')}}`, four),
      /'a' has data_offsets \[9007199254740992,9007199254740996\]; they must be/,
    ],
    [
      'offsets of 2^52',
      fileWith(`{"a":${tensor('[1]', '[4503599627370496,4503599627370500]')}}`, four),
      /'a' has data_offsets .*, but the file holds 4 bytes/,
    ],
    [
      'empty tensor beyond the file',
      fileWith(`{"a":${tensor('[1]', '[0,4]')},"b":${tensor('[0]', '[8,8]')}}`, four),
      /'b' has data_offsets \[8, 8\], but the file holds 4/,
    ],
    [
      'empty tensor with bytes',
      fileWith(`{"a":${tensor('[0,3]', '[0,4]')}}`, four),
      /'a': shape \[0, 3\] of F32 needs 0 bytes, .* hold 4/,
    ],
    [
      'hole',
      fileWith(`{"a":${tensor('[1]', '[4,8]')}}`, new Uint8Array(8)),
      /'a' .* bytes 0 to 4 belong to no tensor/,
    ],
    ['data left over', fileWith('{}', four), /end at byte 0 .* holds 4/],
    ['metadata no object', fileWith('{"__metadata__":"x"}'), /__metadata__ is "x"/],
    ['metadata no text', fileWith('{"__metadata__":{"k":1}}'), /__metadata__ 'k' is 1/],
  ];

  it.each(cases)('%s', (_name, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
    expect(() => readSafetensors(bytes)).toThrow(/^readSafetensors: /);
  });

  it('takes tensors without elements wherever they stand', () => {
    const [a, b, c] = [tensor('[0]', '[0,0]'), tensor('[1]', '[0,4]'), tensor('[2,0]', '[4,4]', '"F64"')];
    const header = `{"a":${a},"b":${b},"c":${c}}`;
    const { tensors } = readSafetensors(fileWith(header, four));
    expect([...tensors.values()].map(({ data }) => data.length)).toEqual([0, 1, 0]);
    expect(tensors.get('c')!.data).toBeInstanceOf(Float64Array);
  });

  it('refuses what is no bytes', () => {
    expect(() => readSafetensors('x' as unknown as Uint8Array)).toThrow(/^readSafetensors: bytes/);
  });

  it('never gives anything but a file or a clean error, whatever is changed in a header', () => {
    const file = writeSafetensors(
      { a: f32([2, 1], 1, 2), b: { dtype: 'U8', shape: [3], data: new Uint8Array(3) } },
      { k: '{"quoted": "\\"}' },
    );
    const headerEnd = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const change = fc.record({
      at: fc.nat(headerEnd - 1),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc
          .constantFrom('"', '{', '}', '[', ']', '-1', '1e9', '9007199254740993', 'null', ',')
          .map((text) => new TextEncoder().encode(text)),
      ),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean(), (changes, fixLength) => {
        let bytes = file;
        for (const { at, remove, insert } of changes) {
          bytes = new Uint8Array([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
        }
        if (fixLength && bytes.length > 8) {
          const length = headerEnd - 8 + bytes.length - file.length;
          new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, length)), true);
        }
        try {
          const { tensors } = readSafetensors(bytes);
          accepted++;
          for (const { shape, data } of tensors.values()) {
            expect(data.length).toBe(shape.reduce((x, y) => x * y, 1));
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^readSafetensors: /);
        }
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('reads a header nested a million deep without crashing', () => {
    expect(() => readSafetensors(fileWith(`{"a":${'['.repeat(1e6)}`))).toThrow(/^readSafetensors: /);
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    for (const place of ['"dtype":"F32","shape":', '"dtype":', '"dtype":"F32","shape":[],"data_offsets":'])
      expect(() => readSafetensors(fileWith(`{"a":{${place}${deep}}}`))).toThrow(
        /^readSafetensors: .*a list;/,
      );
    for (const place of ['{"a":', '{"__metadata__":', '{"__metadata__":{"k":'])
      expect(() =>
        readSafetensors(fileWith(`${place}${deep}${place.replace(/[^{]/g, '').replaceAll('{', '}')}`)),
      ).toThrow(/^readSafetensors: .*a list;/);
  });
});

describe('writeSafetensors refuses', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'another array class',
      () => writeSafetensors({ a: { ...f32([1], 1), dtype: 'F64' } }),
      /'a' of dtype F64 .* Float64Array/,
    ],
    [
      'a wrong number of elements',
      () => writeSafetensors({ a: f32([3], 1) }),
      /'a': shape \[3\] has 3 elements, data has 1/,
    ],
    ['a negative size', () => writeSafetensors({ a: f32([-1, -1], 1) }), /shape \[-1,-1\]/],
    [
      'an unknown dtype',
      () => writeSafetensors({ a: { ...f32([1], 1), dtype: 'F8' as 'F32' } }),
      /'F8'; accepted are F64/,
    ],
    ['the reserved name', () => writeSafetensors({ __metadata__: f32([1], 1) }), /__metadata__/],
    [
      'metadata that is no text',
      () => writeSafetensors({}, { k: 1 as unknown as string }),
      /metadata 'k' is 1/,
    ],
  ];
  it.each(cases)('%s', (_name, call, message) => expect(call).toThrow(message));
});
