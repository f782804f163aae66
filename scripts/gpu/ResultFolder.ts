import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a folder of results may hold. */
export interface ResultLimits {
  files: number;
  /** Of one file. */
  bytes: number;
}

const CUT = '\n[cut here: the file is full]\n';

/** The files that a run leaves: few and small enough to be carried home. */
export class ResultFolder {
  readonly folder: string;
  readonly #limits: ResultLimits;
  /** Bytes of each file. */
  readonly #sizes = new Map<string, number>();

  constructor(folder: string, limits: ResultLimits = { files: 8, bytes: 16 * 2 ** 20 }) {
    this.folder = folder;
    this.#limits = limits;
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a file whole, as JSON unless it is text. */
  write(name: string, content: unknown): void {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    this.#admit(name);
    const cut = this.#cut(text, 0);
    writeFileSync(path.join(this.folder, name), cut);
    this.#sizes.set(name, Buffer.byteLength(cut));
  }

  /** Adds to a file of text; what no longer fits is left out, and the file says so. */
  append(name: string, text: string): void {
    const size = this.#admit(name);
    const cut = this.#cut(text, size);
    appendFileSync(path.join(this.folder, name), cut, { flag: size === 0 ? 'w' : 'a' });
    this.#sizes.set(name, size + Buffer.byteLength(cut));
  }

  #admit(name: string): number {
    const { files } = this.#limits;
    if (!this.#sizes.has(name) && this.#sizes.size >= files) {
      throw new Error(`ResultFolder: ${name} would be file ${files + 1} of at most ${files}`);
    }
    return this.#sizes.get(name) ?? 0;
  }

  #cut(text: string, used: number): string {
    const room = this.#limits.bytes - used - CUT.length;
    if (room <= 0) return '';
    const bytes = Buffer.from(text);
    return bytes.length <= room
      ? text
      : `${bytes
          .subarray(0, room)
          .toString()
          .replace(/\uFFFD$/, '')}${CUT}`;
  }
}
