import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileError } from './fileError.js';
import { LockError, type LockOwner } from './LockError.js';
import { processStart } from './processStart.js';

/** Options of `acquireLock`. */
export interface LockOptions {
  /**
   * Take the lock over from a process of another machine, of which it cannot be seen here whether it runs. Default
   * false.
   */
  takeOver?: boolean;
}

/** A lock that this process holds. */
export interface FileLock {
  /** Removes the lock's file, unless it has been taken over. */
  release(): Promise<void>;
}

/**
 * Takes a lock: a file that names its owner by machine, process and that process's start, so that what a killed process
 * leaves is taken over by the next one without a question.
 *
 * Of several processes that ask at once, also for a lock whose owner is dead, one gets it.
 *
 * @param file Path of the lock's file; its folder must exist.
 * @param options See {@link LockOptions}.
 * @throws `LockError` if a process that runs holds it, this one included, or one of another machine, unless `takeOver`
 *   is set. An error if the file cannot be written.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { acquireLock } from 'diffusion-ssl/training/node';
 *
 * const lock = await acquireLock(`${mkdtempSync('/tmp/run-')}/run.lock`);
 * // … this process alone writes in the folder …
 * await lock.release();
 * ```
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<FileLock> {
  const owner: LockOwner = {
    host: hostname(),
    pid: process.pid,
    started: processStart(process.pid) ?? '',
    since: new Date().toISOString(),
  };
  const content = `${JSON.stringify({ ...owner, id: randomUUID() })}\n`;
  try {
    await occupy(file, content, options.takeOver ?? false);
    await removeClaims(file);
  } catch (error) {
    throw error instanceof LockError ? error : fileError('acquireLock', file, error);
  }
  return {
    async release() {
      if ((await readHeld(file, 0)) === content) await rm(file, { force: true });
    },
  };
}

/**
 * Makes `file` hold `content`, which nobody else may then replace while its process runs.
 *
 * Who finds the file of a dead owner first occupies, in the same way, a second file named after that very owner, and
 * only who holds this one replaces the first. So between the look at a dead owner and the replacement nobody else can
 * come.
 */
async function occupy(file: string, content: string, takeOver: boolean): Promise<void> {
  for (;;) {
    if (await create(file, content)) return;
    const held = await readHeld(file);
    if (held === undefined) continue;
    refuseIfAlive(file, held, takeOver);
    const claim = `${file}.${createHash('sha256').update(held).digest('hex').slice(0, 12)}`;
    await occupy(claim, content, takeOver);
    if ((await readHeld(file, 0)) === held) {
      await rename(claim, file);
      return;
    }
    await rm(claim, { force: true });
  }
}

async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    // One who was held up between making the file and writing it has been taken for dead.
    return (await readHeld(file, 0)) === content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What the lock's file holds; undefined if there is none. One that is just being written gets a second. */
async function readHeld(file: string, attempts = 20): Promise<string | undefined> {
  for (let attempt = 0; ; attempt++) {
    let held: string;
    try {
      held = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    if (parseOwner(held) || attempt === attempts) return held;
    await wait(50);
  }
}

/** The owner that a lock's file names; undefined if it is damaged, as a power failure may leave it. */
function parseOwner(held: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(held) as LockOwner;
    const { host, pid, started } = owner;
    return typeof host === 'string' && Number.isInteger(pid) && pid > 0 && typeof started === 'string'
      ? owner
      : undefined;
  } catch {
    return undefined;
  }
}

function refuseIfAlive(file: string, held: string, takeOver: boolean): void {
  const owner = parseOwner(held);
  if (!owner) return;
  const { host, pid, started, since } = owner;
  const who = `acquireLock: '${file}' is held by process ${pid} of ${host} since ${since}`;
  if (host !== hostname()) {
    if (takeOver) return;
    throw new LockError(`${who}; whether it still runs cannot be seen from here: takeOver takes it.`, owner);
  }
  const now = processStart(pid);
  if (now === undefined || (now !== '' && started !== '' && now !== started)) return;
  throw new LockError(`${who}: wait until it has ended, or end it.`, owner);
}

/** Removes what processes left that were killed while they took the lock. */
async function removeClaims(file: string): Promise<void> {
  const prefix = `${path.basename(file)}.`;
  for (const name of await readdir(path.dirname(file))) {
    if (!name.startsWith(prefix)) continue;
    const claim = path.join(path.dirname(file), name);
    const owner = parseOwner(await readFile(claim, 'utf8').catch(() => ''));
    if (owner?.host === hostname() && processStart(owner.pid) === undefined) await rm(claim, { force: true });
  }
}
