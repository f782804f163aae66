import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { acquireLock, type FileLock, LockError } from 'diffusion-ssl/training/node';
import { makeFolder } from '../folder/makeFolder.js';

/** How a folder is built. */
export interface FolderBuild<T> {
  /** What a folder holds that has been built, if it has. */
  built: (folder: string) => T | undefined;
  /** Builds it in a folder of another name. */
  build: (folder: string) => Promise<T>;
  /** Hears for which process it waits. */
  onWait?: (text: string) => void;
  signal?: AbortSignal;
}

/**
 * Builds a folder once: of several processes one builds, and the others wait. It is built under another name and takes
 * its place whole; what a process left that was killed meanwhile is removed.
 */
export async function buildFolder<T>(
  folder: string,
  { built, build, ...waiting }: FolderBuild<T>,
): Promise<T> {
  const found = built(folder);
  if (found !== undefined) return found;
  const removeIfEmpty = await makeFolder(path.dirname(folder));
  let lock: FileLock | undefined;
  try {
    lock = await waitForLock(`${folder}.lock`, waiting);
    const foundNow = built(folder);
    if (foundNow !== undefined) return foundNow;
    const [building, old] = ['new', 'old'].map((name) => `${folder}.${name}.tmp`);
    const remove = (name: string) => rmSync(name, { recursive: true, force: true });
    remove(building);
    remove(old);
    const result = await build(building).catch((error) => {
      remove(building);
      throw error;
    });
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(building, folder);
    remove(old);
    return result;
  } finally {
    await lock?.release();
    await removeIfEmpty();
  }
}

async function waitForLock(
  file: string,
  { onWait, signal }: Pick<FolderBuild<unknown>, 'onWait' | 'signal'>,
): Promise<FileLock> {
  for (let waits = 0; ; waits++) {
    try {
      return await acquireLock(file);
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      const { pid, host } = error.owner;
      const lock = `should that machine have died, remove ${file}`;
      if (waits === 0) onWait?.(`waiting for process ${pid} of ${host} to build this; ${lock}`);
    }
    await setTimeout(200);
    signal?.throwIfAborted();
  }
}
