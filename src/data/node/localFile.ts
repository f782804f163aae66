import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

// Synchronous: a worker has nothing else to do, and small files come several times as fast.

/** A whole file. Throws an error that names it. */
export function readWhole(name: string): Uint8Array {
  return named(name, () => readFileSync(name));
}

/** Its size and first `length` bytes. Throws an error that names it. */
export function readHead(name: string, length: number): { size: number; head: Uint8Array } {
  return named(name, () => {
    const file = openSync(name, 'r');
    try {
      const { size } = fstatSync(file);
      const head = new Uint8Array(Math.min(size, length));
      return { size, head: head.subarray(0, readSync(file, head, 0, head.length, 0)) };
    } finally {
      closeSync(file);
    }
  });
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${name}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
