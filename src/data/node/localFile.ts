import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '../../errors/DataError.js';
import type { TiffSource } from '../tiff/TiffSource.js';

// Synchronous: a worker has nothing else to do, and small files come several times as fast.

/** A local file that is read in parts; the caller closes it. */
export interface LocalFile extends TiffSource {
  close(): void;
}

/** Files up to this size are read at once. */
const SMALL = 2 ** 22;
/** Bytes that are used at once, of whatever file: new memory for each block would cost as much as reading it. */
let brief = new Uint8Array(0);
/** Most of them. */
const MOST_BRIEF = 2 ** 24;

/**
 * Opens a file.
 *
 * @param first Bytes read at once, if the file is longer: its header is expected in them. Default: files of up to 4 MiB
 * whole.
 * @throws If it cannot be read or is no regular file; the message names it.
 */
export function openLocalFile(name: string, first?: number): LocalFile {
  return named(name, () => {
    // A pipe would let the process wait for its writer; so it is opened without waiting, and refused.
    const file = openSync(name, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const status = fstatSync(file);
      if (!status.isFile()) throw new Error('it is no regular file.');
      const { size } = status;
      const newBytes = (length: number) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      const readPart = (offset: number, most: number, memory = newBytes) => {
        // Not cleared: what is not read is cut off.
        const bytes = memory(Math.max(0, Math.min(most, size - offset)));
        let at = 0;
        while (at < bytes.length) {
          const count = readSync(file, bytes, at, bytes.length - at, offset + at);
          if (count === 0) break;
          at += count;
        }
        return bytes.subarray(0, at);
      };
      const head = readPart(0, first ?? (size <= SMALL ? size : 2 ** 14));
      const reader = (memory: typeof newBytes) => (offset: number, length: number) =>
        offset + length <= head.length || head.length === size
          ? head.subarray(offset, offset + length)
          : named(name, () => readPart(offset, length, memory));
      return { size, read: reader(newBytes), readBriefly: reader(briefBytes), close: () => closeSync(file) };
    } catch (error) {
      closeSync(file);
      throw error;
    }
  });
}

function briefBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > MOST_BRIEF) return new Uint8Array(length);
  if (length > brief.length) brief = new Uint8Array(length);
  return brief.subarray(0, length);
}

/** The `.msk` file that GDAL keeps a mask in beside a raster, if there is one; the caller closes it. */
export function openMaskFile(name: string): LocalFile | undefined {
  const mask = `${name}.msk`;
  return existsSync(mask) ? openLocalFile(mask) : undefined;
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
