import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { openTensors } from '../../src/interop/openTensors.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { StoredTensor, StoredTensors } from '../../src/interop/safetensorsTypes.js';
import { saveTensors } from '../../src/interop/saveTensors.js';
import { MemoryFiles } from '../support/MemoryFiles.js';

const NAME = 'model.safetensors';
const INDEX = `${NAME}.index.json`;
const shard = (n: number, of: number, mark = '') => `model${mark}-0000${n}-of-0000${of}.safetensors`;

/** Five tensors of 40 bytes and a counter, with a value of their own. */
function tensors(value: number): Map<string, StoredTensor> {
  const floats = ['a', 'b', 'c', 'd', 'e'].map((name): [string, StoredTensor] => [
    name,
    { dtype: 'F32', shape: [2, 5], read: async () => new Float32Array(10).fill(value) },
  ]);
  return new Map([...floats, ['n', { dtype: 'I64', shape: [], read: () => BigInt64Array.of(7n) }]]);
}

async function valuesOf({ tensors, close }: StoredTensors): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, { dtype, shape, read }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1)))
    values[name] = [dtype, shape, [...(await read())].map(Number)];
  await close();
  return values;
}

async function expected(value: number): Promise<Record<string, unknown>> {
  return valuesOf({ tensors: tensors(value), metadata: {}, close: async () => undefined });
}

const options = (value: number) => ({ metadata: { step: String(value) }, maxShardBytes: 100 });
const read = async (files: MemoryFiles) => valuesOf(await openTensors(files, NAME));
const json = (files: MemoryFiles) => JSON.parse(new TextDecoder().decode(files.files.get(INDEX)));

describe('saveTensors and openTensors', () => {
  it('leave what fits into one file in one', async () => {
    const files = new MemoryFiles();
    await saveTensors(files, NAME, tensors(1), { maxShardBytes: 208, metadata: { format: 'pt' } });
    expect(await files.list()).toEqual([NAME]);
    expect(readSafetensors(files.files.get(NAME)!).metadata).toEqual({ format: 'pt' });
    expect(await read(files)).toEqual(await expected(1));
    expect(files.closed).toBe(files.opened);
  });

  it('cut at the limit into files with an index, as transformers names them, each a safetensors file', async () => {
    const files = new MemoryFiles();
    await saveTensors(files, NAME, tensors(1), options(1));
    const shards = [1, 2, 3].map((n) => shard(n, 3));
    expect(await files.list()).toEqual([...shards, INDEX]);
    expect(json(files)).toEqual({
      metadata: { total_size: 208 },
      weight_map: Object.fromEntries([...'nabcde'].map((name, i) => [name, shards[[0, 0, 0, 1, 1, 2][i]]])),
    });
    for (const name of shards) {
      const { tensors, metadata } = readSafetensors(files.files.get(name)!);
      expect(metadata).toEqual({ step: '1' });
      for (const key of tensors.keys()) expect(json(files).weight_map[key]).toBe(name);
    }
    expect(await read(files)).toEqual(await expected(1));
    expect((await openTensors(files, NAME)).metadata).toEqual({ step: '1' });
    // A header, or a tensor, at once.
    expect(files.largestRead).toBeLessThan(1025);
  });

  it('replace shards by such of other names, and leave nothing of the ones before', async () => {
    const files = new MemoryFiles();
    await saveTensors(files, NAME, tensors(1), options(1));
    await saveTensors(files, NAME, tensors(2), options(2));
    expect((await files.list()).sort()).toEqual(
      [1, 2, 3]
        .map((n) => shard(n, 3, '-b'))
        .concat(INDEX)
        .sort(),
    );
    expect(await read(files)).toEqual(await expected(2));
    await saveTensors(files, NAME, tensors(4), { ...options(4), maxShardBytes: 50 });
    expect((await files.list()).sort()).toEqual(
      [1, 2, 3, 4, 5]
        .map((n) => shard(n, 5))
        .concat(INDEX)
        .sort(),
    );
    expect(await read(files)).toEqual(await expected(4));
  });

  it('replace one file by several, and keep the index where one would do again', async () => {
    const files = new MemoryFiles();
    await saveTensors(files, NAME, tensors(1));
    await saveTensors(files, 'model.other.safetensors', tensors(9));
    await saveTensors(files, NAME, tensors(2), options(2));
    expect(await files.list()).not.toContain(NAME);
    expect(await read(files)).toEqual(await expected(2));
    await saveTensors(files, NAME, tensors(3));
    expect((await files.list()).sort()).toEqual(['model.other.safetensors', shard(1, 1), INDEX].sort());
    expect(await read(files)).toEqual(await expected(3));
  });

  it.each([
    ['one file by one', 1000, 1000],
    ['one file by several', 1000, 100],
    ['several by several', 100, 100],
    ['several by fewer', 50, 100],
    ['several by one', 100, 1000],
  ])('replace %s: at every moment there is all of the one or of the other', async (_, before, after) => {
    const start = new MemoryFiles();
    await saveTensors(start, NAME, tensors(1), { ...options(1), maxShardBytes: before });
    const [old, fresh] = [await expected(1), await expected(2)];
    const counted = new MemoryFiles(start.files);
    const save = (files: MemoryFiles) =>
      saveTensors(files, NAME, tensors(2), { ...options(2), maxShardBytes: after });
    await save(counted);
    const seen = new Set<unknown>();
    for (let n = 1; n <= counted.changes; n++) {
      const files = new MemoryFiles(start.files, n);
      await expect(save(files), `change ${n}`).rejects.toThrow('the power is gone');
      const found = await read(files);
      expect([JSON.stringify(old), JSON.stringify(fresh)], `change ${n}`).toContain(JSON.stringify(found));
      seen.add(JSON.stringify(found));
      // Who comes next finds all that is needed, and leaves nothing behind.
      const next = new MemoryFiles(files.files);
      await save(next);
      expect(await read(next)).toEqual(fresh);
      expect((await next.list()).length).toBe(counted.files.size);
    }
    expect(seen).toContain(JSON.stringify(old));
  });
});

describe('an index that is not what it says', () => {
  const cases: [string, (files: Map<string, Uint8Array>) => void, RegExp][] = [
    [
      'no JSON',
      (files) => files.set(INDEX, bytesOf('{')),
      /memory\/model\.safetensors\.index\.json: it is not JSON/,
    ],
    ['no UTF-8', (files) => files.set(INDEX, Uint8Array.of(0xff)), /it is not JSON in UTF-8/],
    ['a list', (files) => files.set(INDEX, bytesOf('[]')), /'weight_map' is missing; it must be an object/],
    [
      'a list of names',
      (files) => files.set(INDEX, bytesOf('{"weight_map": [1]}')),
      /'weight_map' is \[1\];/,
    ],
    [
      'a missing file',
      (files) => files.delete(shard(2, 3)),
      /index\.json names model-00002-of-00003\.safetensors, which memory has not/,
    ],
    [
      'a file cut off',
      (files) => files.set(shard(3, 3), files.get(shard(3, 3))!.slice(0, -1)),
      /model-00003.*39 bytes/,
    ],
    [
      'an empty file',
      (files) => files.set(shard(1, 3), new Uint8Array()),
      /model-00001\S+: readSafetensors: the file has 0/,
    ],
    [
      'files exchanged',
      (files) => exchange(files),
      /^memory\/model-00001\S+ has tensor 'c', which by model\S+ is in model-00002/,
    ],
    ...[
      '../a',
      '/etc/passwd',
      'a/b.safetensors',
      'a\\b.safetensors',
      'c:b.safetensors',
      '.a.safetensors',
      'a.txt',
      '',
      7,
    ].map((name): [string, (files: Map<string, Uint8Array>) => void, RegExp] => [
      `the path ${name}`,
      (files) => change(files, (map) => Object.assign(map, { a: name })),
      /tensor 'a' is in .*; it must be the name of a \.safetensors file beside the index/,
    ]),
    [
      'a tensor too many',
      (files) => change(files, (map) => Object.assign(map, { z: shard(1, 3) })),
      /has no tensor 'z'/,
    ],
    [
      'a tensor too few',
      (files) => change(files, (map) => delete map.a),
      /has tensor 'a', which by .* is in none/,
    ],
  ];
  it.each(cases)('%s: is refused by name', async (_, spoil, message) => {
    const files = new MemoryFiles();
    await saveTensors(files, NAME, tensors(1), options(1));
    spoil(files.files);
    const error = await openTensors(files, NAME).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
    expect(files.closed).toBe(files.opened);
  });

  it('files of two saves are told apart', async () => {
    const [first, second] = [new MemoryFiles(), new MemoryFiles()];
    await saveTensors(first, NAME, tensors(1), options(1));
    await saveTensors(second, NAME, tensors(2), options(2));
    first.files.set(shard(2, 3), second.files.get(shard(2, 3))!);
    await expect(openTensors(first, NAME)).rejects.toThrow(
      /model-00001\S+ and model-00002\S+ are of two saves/,
    );
  });

  it('a tensor that is gone by the time it is read is named with its file', async () => {
    const files = new MemoryFiles();
    const read = () => new Float32Array(1000);
    await saveTensors(files, NAME, new Map([['e', { dtype: 'F32', shape: [1000], read }]]));
    const open = files.open.bind(files);
    files.open = async (name) => {
      const file = await open(name);
      const short = async (offset: number, length: number) =>
        (await file!.read(offset, length)).slice(0, offset > 0 ? length - 4 : length);
      return file && { ...file, read: short };
    };
    const { tensors: stored } = await openTensors(files, NAME);
    await expect(stored.get('e')!.read()).rejects.toThrow(
      /^memory\/model\.safetensors: readSafetensors: tensor 'e' has 3996 of its 4000 bytes: the file is cut off\.$/,
    );
  });

  it('a file that is not there is named', async () => {
    await expect(openTensors(new MemoryFiles(), NAME)).rejects.toThrow(
      /^memory\/model\.safetensors: there is no such file/,
    );
  });
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

function change(files: Map<string, Uint8Array>, edit: (map: Record<string, unknown>) => void): void {
  const index = JSON.parse(new TextDecoder().decode(files.get(INDEX)));
  edit(index.weight_map);
  files.set(INDEX, bytesOf(JSON.stringify(index)));
}

function exchange(files: Map<string, Uint8Array>): void {
  const [one, two] = [files.get(shard(1, 3))!, files.get(shard(2, 3))!];
  files.set(shard(1, 3), two);
  files.set(shard(2, 3), one);
}
