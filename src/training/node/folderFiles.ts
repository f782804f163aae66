import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '../../errors/CheckpointError.js';
import type { WritableModelFiles } from '../../interop/ModelFiles.js';
import { fileError } from './fileError.js';
import { writeFileAtomic } from './writeFileAtomic.js';

/** Bytes asked of the system at once: it reads less than 2 GiB. */
const AT_ONCE = 2 ** 26;

/**
 * The files of a folder, for what reads and writes models and checkpoints tensor by tensor. A file is written as
 * `writeFileAtomic` writes it; the folder is made with the first one.
 *
 * @param folder Path of the folder.
 * @returns Files by name. A name that is a path is an error: nothing outside the folder is touched.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { openTensors, saveTensors, storedStateDict } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const files = folderFiles(`${mkdtempSync('/tmp/run-')}/model`);
 * const weights = storedStateDict(namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] })));
 * await saveTensors(files, 'model.safetensors', weights);
 * console.log(await files.list()); // ['model.safetensors']
 * ```
 */
export function folderFiles(folder: string): WritableModelFiles {
  const pathOf = (name: string) => {
    if (name === '' || name !== path.basename(name) || /[\\:\0]|^\.+$/.test(name))
      throw new CheckpointError(`${folder}: '${name}' is no name of a file in this folder.`);
    return path.join(folder, name);
  };
  return {
    place: path.dirname(path.join(folder, 'name')),
    async open(name) {
      const file = pathOf(name);
      const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw new CheckpointError(`${file}: cannot be read (${error.message}).`, { cause: error });
      });
      if (!handle) return undefined;
      const stats = await handle.stat();
      if (!stats.isFile()) {
        await handle.close();
        throw new CheckpointError(`${file} is no file.`);
      }
      return {
        size: stats.size,
        read: (offset, length) => readPart(handle, offset, length),
        close: () => handle.close(),
      };
    },
    async write(name, pieces) {
      const file = pathOf(name);
      await mkdir(folder, { recursive: true }).catch((error) => {
        throw fileError('folderFiles', folder, error);
      });
      await writeFileAtomic(file, pieces);
    },
    async list() {
      return readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    folder: (name) => folderFiles(pathOf(name)),
  };
}

async function readPart(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(AT_ONCE, length - done), offset + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}
