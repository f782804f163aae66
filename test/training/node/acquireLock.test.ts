import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../src/training/node/acquireLock.js';
import { LockError } from '../../../src/training/node/LockError.js';
import { processStart } from '../../../src/training/node/processStart.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(folder, 'run.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that waits until it is killed. */
function sleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const kill = () => {
    child.kill('SIGKILL');
    return gone;
  };
  return { pid: child.pid!, kill };
}

/** Leaves a lock as another process would. */
function leaveLock(owner: { host?: string; pid: number; started?: string }): void {
  const started = processStart(owner.pid) ?? '17';
  const lock = { host: hostname(), started, since: '2026-01-01T00:00:00.000Z', id: 'x', ...owner };
  writeFileSync(file, JSON.stringify(lock));
}

const owner = () => JSON.parse(readFileSync(file, 'utf8')) as { pid: number; host: string };

describe('acquireLock', () => {
  it('names its owner, refuses others, and leaves nothing once released', async () => {
    const lock = await acquireLock(file);
    expect(owner()).toMatchObject({ pid: process.pid, host: hostname(), started: processStart(process.pid) });
    const error = await acquireLock(file).catch((error: Error) => error);
    expect(error).toBeInstanceOf(LockError);
    expect((error as Error).message).toMatch(
      RegExp(`run.lock' is held by process ${process.pid} of ${hostname()} since \\d`),
    );
    await expect(acquireLock(file, { takeOver: true })).rejects.toThrow(LockError);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
    await (await acquireLock(file)).release();
  });

  it('is held by a process that runs, and taken over once it is killed', async () => {
    const other = sleeper();
    leaveLock({ pid: other.pid });
    await expect(acquireLock(file)).rejects.toThrow(`held by process ${other.pid}`);
    expect(owner().pid).toBe(other.pid);
    await other.kill();
    const lock = await acquireLock(file);
    expect(owner().pid).toBe(process.pid);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('knows that a number is used again, by when its process started', async () => {
    const other = sleeper();
    leaveLock({ pid: other.pid, started: `${processStart(other.pid)}1` });
    await (await acquireLock(file)).release();
    await other.kill();
    expect(existsSync(file)).toBe(false);
  });

  it('leaves that of another machine unless it is to take it over', async () => {
    leaveLock({ pid: 99999999, host: 'elsewhere' });
    await expect(acquireLock(file)).rejects.toThrow(
      /process 99999999 of elsewhere.*cannot be seen from here: takeOver/,
    );
    const lock = await acquireLock(file, { takeOver: true });
    expect(owner().pid).toBe(process.pid);
    await lock.release();
  });

  it.each(['', '{"host":"h', '{"pid":0}', 'null'])('takes over one that is damaged: %j', async (text) => {
    writeFileSync(file, text);
    await (await acquireLock(file)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not remove one that was taken over from it', async () => {
    const lock = await acquireLock(file);
    leaveLock({ pid: 1, host: 'elsewhere' });
    await lock.release();
    expect(owner().host).toBe('elsewhere');
  });

  it.each(['none', 'dead', 'dead, and one who died while taking it over'])(
    'goes to one of many who ask at once (owner before: %s)',
    async (before) => {
      for (let round = 0; round < 60; round++) {
        if (before !== 'none') leaveLock({ pid: 99999999, started: String(round) });
        if (before.includes('while')) {
          const claim = `${file}.${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)}`;
          writeFileSync(claim, readFileSync(file, 'utf8').replace('99999999', '99999998'));
        }
        const ask = async (_: unknown, i: number) => {
          // Now in step, now one behind the other by any part of what one needs.
          for (let rest = 0; rest < ((i * round) % 12) * 3; rest++) await setImmediate();
          return acquireLock(file);
        };
        const asked = await Promise.allSettled(Array.from({ length: 12 }, ask));
        const got = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
        expect(got).toHaveLength(1);
        for (const result of asked) {
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LockError);
        }
        await got[0].release();
        expect(readdirSync(folder)).toEqual([]);
      }
    },
  );
});
