import { hostname } from 'node:os';
import path from 'node:path';
import { acquireLock, type FileLock, LockError } from 'diffusion-ssl/training/node';

const LOCK = 'run.lock';

/**
 * Takes a folder for this process alone.
 *
 * @param flag The option that names the folder, for messages.
 * @throws If another process has it.
 */
export async function lockFolder(folder: string, flag: string, takeOver: boolean): Promise<FileLock> {
  try {
    return await acquireLock(path.join(folder, LOCK), { takeOver });
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const { host, pid, since } = error.owner;
    const here = `process ${pid} of ${host} writes in ${folder} since ${since}`;
    throw new Error(
      host !== hostname()
        ? `${here}. Whether it still runs cannot be seen from this machine: if it has ended, add --take-over.`
        : `${here}: wait until it has ended, end it, or choose another ${flag}.`,
      { cause: error },
    );
  }
}
