import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../errors/DataError.js';
import { checkNumber } from '../../internal/checks.js';
import { fileError } from './fileError.js';
import { writeFileAtomic } from './writeFileAtomic.js';

/** Options of `prepareFolder`. */
export interface PrepareFolderOptions {
  /** How many bytes will be written there. Default 0: only that the folder takes a file is tried. */
  neededBytes?: number;
  /** Nobody else writes in the folder: temporary files are of a killed process, and are removed. Default false. */
  soleWriter?: boolean;
}

/**
 * Makes a folder ready to be written to, so that an unwritable folder or a full disk is known before the work and
 * not after it: creates it where missing, writes and removes a small file, and compares the free space.
 *
 * @param folder Path of the folder.
 * @param options See {@link PrepareFolderOptions}.
 * @throws When the folder cannot be created or written to, or has less space than `neededBytes`.
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { prepareFolder } from 'diffusion-ssl/training/node';
 *
 * await prepareFolder(`${await mkdtemp(`${tmpdir()}/run-`)}/nicfi`, { neededBytes: 1e6 });
 * ```
 */
export async function prepareFolder(folder: string, options: PrepareFolderOptions = {}): Promise<void> {
  const { neededBytes = 0, soleWriter = false } = options;
  checkNumber('prepareFolder: neededBytes', neededBytes, 0);
  const probe = path.join(folder, `.write-test-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(probe, 'x');
    await rm(probe, { force: true });
    if (soleWriter) await removeTemporaries(folder);
  } catch (error) {
    throw fileError('prepareFolder', folder, error instanceof Error && error.cause ? error.cause : error);
  }
  const free = await freeBytes(folder);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  if (free < neededBytes) {
    throw new DataError(
      `prepareFolder: '${folder}' has ${megabytes(free)} free and needs ${megabytes(neededBytes)}: ` +
        'free space or choose another folder.',
    );
  }
}

/** Infinite where the file system does not say: some network and FUSE mounts have no answer, or only zeros. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    // A file has just been written where no byte is free.
    return bavail * bsize || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What `writeFileAtomic` and the probe above leave when their process is killed. */
async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\..+\.\d+-\d+\.tmp$|^\.write-test-\d+$/.test(name))
      await rm(path.join(folder, name), { force: true });
  }
}
