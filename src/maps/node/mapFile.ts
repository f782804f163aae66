import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../../training/node/fileError.js';
import type { MapSink } from '../SceneWindow.js';

/**
 * A file as the place of a map: written beside its place, and renamed when it is whole.
 *
 * @param file Its path; folders that are missing are made.
 * @throws {DataError} (rejects, on a call) If the file cannot be written, as on a full disk.
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync } from 'node:fs';
 * import { mapFile } from 'diffusion-ssl/maps/node';
 *
 * const file = `${mkdtempSync('/tmp/maps-')}/classes.tif`;
 * const sink = mapFile(file);
 * await sink.write(Uint8Array.of(1, 2));
 * await sink.close();
 * console.log(readFileSync(file).length); // 2
 * ```
 */
export function mapFile(file: string): MapSink {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  let handle: FileHandle | undefined;
  const orThrow = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      throw fileError('mapFile', file, error);
    }
  };
  return {
    write: (bytes) =>
      orThrow(async () => {
        if (!handle) {
          await mkdir(path.dirname(file), { recursive: true });
          handle = await open(temporary, 'w');
        }
        for (let at = 0; at < bytes.length; ) {
          at += (await handle.write(bytes, at, Math.min(2 ** 22, bytes.length - at))).bytesWritten;
        }
      }),
    close: () =>
      orThrow(async () => {
        await handle?.sync();
        await handle?.close();
        handle = undefined;
        await rename(temporary, file);
      }),
    abort: async () => {
      await handle?.close();
      handle = undefined;
      await rm(temporary, { force: true });
    },
  };
}
