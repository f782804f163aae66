import { CheckpointError } from '../errors/CheckpointError.js';
import type { ByteSource } from './ModelFiles.js';
import { headerEnd, parseSafetensorsHeader } from './parseSafetensorsHeader.js';
import { elementsOf, type StoredTensor, type StoredTensors } from './safetensorsTypes.js';

/** Enough to tell what a file is that is no safetensors file. */
const HEAD_BYTES = 1024;

/**
 * Opens a safetensors file without reading it: its header is read and checked as `readSafetensors` does, and each
 * tensor comes when it is asked for. So a file may be larger than memory, or than the 2 GiB that Node 20 reads at once.
 *
 * @param source The file: bytes, a `Blob` or `File`, or anything that reads parts of it.
 * @returns Its tensors, in the order in which they lie in the file. Close them.
 * @throws As `readSafetensors`; reading a tensor throws where the file ends before it does.
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
 *
 * const bytes = writeSafetensors({ bias: { dtype: 'F32', shape: [2], data: new Float32Array([0.5, -1]) } });
 * const { tensors, close } = await openSafetensors(new Blob([bytes]));
 * console.log(await tensors.get('bias')?.read()); // Float32Array [0.5, -1]
 * await close();
 * ```
 */
export async function openSafetensors(source: Uint8Array | Blob | ByteSource): Promise<StoredTensors> {
  const file = byteSource(source);
  const { size } = file;
  let head = await file.read(0, Math.min(HEAD_BYTES, size ?? HEAD_BYTES));
  const end = headerEnd(head, size);
  if (head.length < end) head = joined(head, await file.read(head.length, end - head.length));
  if (head.length < end) {
    throw new CheckpointError(
      `readSafetensors: the header's length is ${end - 8} bytes, but ${head.length - 8} follow: the file is cut off.`,
    );
  }
  const { entries, metadata, dataStart } = parseSafetensorsHeader(head, size);
  // Of a long header nothing is kept.
  const beginning = head.length > dataStart ? head : new Uint8Array(0);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries.toSorted((a, b) => a.begin - b.begin)) {
    const read = async () => {
      const raw = await readBehind(file, beginning, dataStart + begin, end - begin);
      if (raw.length !== end - begin) {
        throw new CheckpointError(
          `readSafetensors: tensor '${name}' has ${raw.length} of its ${end - begin} bytes: the file is cut off.`,
        );
      }
      return elementsOf(dtype, raw);
    };
    tensors.set(name, { dtype, shape, read });
  }
  return { tensors, metadata, close: async () => file.close?.() };
}

/** What a file has from `offset` on, of which its beginning is there: a stream is not asked to go back. */
async function readBehind(
  file: ByteSource,
  head: Uint8Array,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const there = head.slice(offset, offset + length);
  if (there.length === length) return there;
  const rest = await file.read(offset + there.length, length - there.length);
  return there.length === 0 ? rest : joined(there, rest);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function byteSource(source: Uint8Array | Blob | ByteSource): ByteSource {
  if (source instanceof Uint8Array)
    return {
      size: source.length,
      read: async (offset, length) => source.subarray(offset, offset + length),
    };
  if (source instanceof Blob)
    return {
      size: source.size,
      read: async (offset, length) =>
        new Uint8Array(await source.slice(offset, offset + length).arrayBuffer()),
    };
  return source;
}
