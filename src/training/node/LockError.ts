import { DiffusionSslError } from '../../errors/DiffusionSslError.js';

/** Who holds a lock. */
export interface LockOwner {
  /** Name of its machine. */
  host: string;
  /** Number of its process. */
  pid: number;
  /** When that process started, in the words of the system: numbers are used again. */
  started: string;
  /** When it took the lock (ISO 8601). */
  since: string;
}

/**
 * A lock is held by another process.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { acquireLock, LockError } from 'diffusion-ssl/training/node';
 *
 * const file = `${mkdtempSync('/tmp/run-')}/run.lock`;
 * const lock = await acquireLock(file);
 * const error = await acquireLock(file).catch((error: unknown) => error);
 * console.log(error instanceof LockError && error.owner.pid === process.pid); // true
 * await lock.release();
 * ```
 */
export class LockError extends DiffusionSslError {
  override readonly name = 'LockError';

  constructor(
    message: string,
    /** Who holds it. */
    readonly owner: LockOwner,
  ) {
    super(message);
  }
}
