import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import type { ByteSource } from '../../src/interop/ModelFiles.js';
import { openSafetensors } from '../../src/interop/openSafetensors.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';

const bytes = writeSafetensors(
  {
    b: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
    a: { dtype: 'F32', shape: [2, 1], data: Float32Array.of(0.5, -1) },
    empty: { dtype: 'F64', shape: [0, 4], data: new Float64Array(0) },
    d: { dtype: 'I64', shape: [], data: BigInt64Array.of(5n) },
  },
  { k: 'v', long: 'x'.repeat(3000) },
);

/** A source that says nothing of its size. */
const unsized = (file: Uint8Array): ByteSource => ({
  read: async (offset, length) => file.slice(offset, offset + length),
});

describe('openSafetensors', () => {
  it.each<[string, () => Uint8Array | Blob | ByteSource]>([
    ['bytes', () => bytes],
    ["Node's Buffer that begins anywhere", () => Buffer.concat([Buffer.alloc(3), bytes]).subarray(3)],
    ['a Blob', () => new Blob([bytes])],
    ['a source', () => ({ ...unsized(bytes), size: bytes.length })],
    ['a source of unknown size', () => unsized(bytes)],
  ])('gives of %s what readSafetensors gives, in the order of the data', async (_, source) => {
    const { tensors, metadata } = await openSafetensors(source());
    const whole = readSafetensors(bytes);
    expect(metadata).toEqual(whole.metadata);
    expect([...tensors.keys()]).toEqual(['d', 'empty', 'a', 'b']);
    for (const [name, { dtype, shape, read }] of tensors)
      expect({ dtype, shape, data: await read() }).toEqual(whole.tensors.get(name));
  });

  it('refuses, as readSafetensors does, what is cut anywhere in its header', async () => {
    const end = bytes.length - 27;
    for (const length of [0, 1, 7, 8, 9, 1023, 1024, 1025, end - 1]) {
      const cut = bytes.slice(0, length);
      const message = thrownBy(() => readSafetensors(cut));
      await expect(openSafetensors(new Blob([cut]))).rejects.toThrow(message);
      await expect(openSafetensors(unsized(cut))).rejects.toThrow(CheckpointError);
    }
  });

  it('refuses a file that is too short for its tensors, or says so when they are read', async () => {
    const cut = bytes.slice(0, -1);
    await expect(openSafetensors(new Blob([cut]))).rejects.toThrow(/the file holds 18 bytes of data/);
    const { tensors } = await openSafetensors(unsized(cut));
    expect(await tensors.get('a')!.read()).toEqual(Float32Array.of(0.5, -1));
    await expect(tensors.get('b')!.read()).rejects.toThrow(
      /^readSafetensors: tensor 'b' has 2 of its 3 bytes: the file is cut off\.$/,
    );
  });

  it('refuses or reads whatever readSafetensors does', async () => {
    const property = fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      const [sync, lazy] = [
        outcome(() => readSafetensors(changed)),
        await openSafetensors(changed).catch(String),
      ];
      expect(typeof lazy === 'string' ? lazy : 'read').toBe(sync);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

function thrownBy(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

function outcome(body: () => unknown): string {
  try {
    body();
    return 'read';
  } catch (error) {
    return String(error);
  }
}
