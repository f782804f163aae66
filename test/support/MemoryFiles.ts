import type { ByteSource, WritableModelFiles } from '../../src/interop/ModelFiles.js';

/** Files in memory, of which one can say how each is opened and after how many changes nothing works any more. */
export class MemoryFiles implements WritableModelFiles {
  readonly place = 'memory';
  readonly files: Map<string, Uint8Array>;
  /** Changes so far: each piece of a file, its renaming, each removal. */
  changes = 0;
  /** Bytes of the largest part that was read at once. */
  largestRead = 0;
  opened = 0;
  closed = 0;

  constructor(
    files: Iterable<[string, Uint8Array]> = [],
    /** The change that fails, and all after it. */
    private readonly failAt = Number.POSITIVE_INFINITY,
  ) {
    this.files = new Map(files);
  }

  async open(name: string): Promise<ByteSource | undefined> {
    const bytes = this.files.get(name);
    if (!bytes) return undefined;
    this.opened++;
    return {
      size: bytes.length,
      read: async (offset, length) => {
        this.largestRead = Math.max(this.largestRead, length);
        return bytes.slice(offset, offset + length);
      },
      close: async () => {
        this.closed++;
      },
    };
  }

  async write(name: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) {
      this.change();
      parts.push(piece.slice());
    }
    this.change();
    this.files.set(name, Buffer.concat(parts));
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async remove(name: string): Promise<void> {
    this.change();
    this.files.delete(name);
  }

  private change(): void {
    if (++this.changes >= this.failAt) throw new Error('the power is gone');
  }
}
