import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from './fileError.js';

/** Pieces are gathered until they have as many bytes: a call of the system for each small tensor would take longer. */
const BLOCK = 2 ** 22;

let counter = 0;

/**
 * Writes a file so that its path always holds either the old content or the new, whole.
 *
 * The bytes go to a temporary file in the same folder, which is synced to disk and renamed; then the folder is
 * synced. When the process dies at any moment, or the disk fills up, the old file stays. Temporary files that
 * a killed process left behind are removed by the next write to the same path.
 *
 * @param file Path of the file; its folder must exist.
 * @param bytes The whole content, or its pieces one after the other; a string is written as UTF-8.
 * @throws When the folder is missing or not writable or the disk is full. The error says what to do; the
 *   temporary file is removed and the old file untouched.
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { writeFileAtomic } from 'diffusion-ssl/training/node';
 *
 * const folder = await mkdtemp(`${tmpdir()}/run-`);
 * await writeFileAtomic(`${folder}/latest.bin`, new Uint8Array([1, 2, 3]));
 * console.log((await readFile(`${folder}/latest.bin`)).length); // 3
 * ```
 */
export async function writeFileAtomic(
  file: string,
  bytes: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = path.dirname(file);
  const prefix = `.${path.basename(file)}.`;
  const temporary = path.join(folder, `${prefix}${process.pid}-${counter++}.tmp`);
  try {
    await removeLeftovers(folder, prefix);
    const handle = await open(temporary, 'w');
    try {
      if (typeof bytes === 'string' || bytes instanceof Uint8Array) await handle.writeFile(bytes);
      else await writePieces(handle, bytes);
      await sync(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError('writeFileAtomic', file, error);
  }
}

async function writePieces(
  handle: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  const flush = async () => {
    const block = held.length === 1 ? held[0] : Buffer.concat(held);
    held = [];
    bytes = 0;
    for (let done = 0; done < block.length; ) {
      const { bytesWritten } = await handle.write(block, done, Math.min(BLOCK, block.length - done));
      done += bytesWritten;
    }
  };
  for await (const piece of pieces) {
    if (bytes > 0 && bytes + piece.length > BLOCK) await flush();
    held.push(piece);
    bytes += piece.length;
  }
  await flush();
}

/** Removes the temporary files of one target whose process runs no more. */
async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-\d+\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(path.join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Makes a rename durable. Windows cannot sync a folder and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await sync(handle);
  } finally {
    await handle.close();
  }
}

/** Some network and FUSE mounts have no such call: what is written there is as durable as they make it. */
const NO_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

async function sync(handle: FileHandle): Promise<void> {
  await handle.sync().catch((error: NodeJS.ErrnoException) => {
    if (!NO_SYNC.includes(error.code ?? '')) throw error;
  });
}
