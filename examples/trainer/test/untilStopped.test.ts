import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AbortError } from '../../../src/errors/AbortError.js';
import { untilStopped } from '../src/commands/untilStopped.js';
import { StopRequest } from '../src/stopping/stopOnSignals.js';

const controller = vi.hoisted(() => ({ current: new AbortController() }));
vi.mock(import('../src/stopping/stopOnSignals.js'), async (original) => ({
  ...(await original()),
  stopOnSignals: () => controller.current.signal,
}));

const said: string[] = [];
beforeEach(() => {
  controller.current = new AbortController();
  said.length = 0;
  vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(globalThis, 'setTimeout').mockReturnValue({ unref: () => {} } as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const stop = () => controller.current.abort(new StopRequest('SIGTERM'));
const wrapped = (cause: unknown) => new AbortError('stopped', { cause });

it.each([
  ['ends', () => {}, undefined],
  ['is asked to stop when it is through', stop, undefined],
  [
    'throws the reason',
    () => {
      stop();
      controller.current.signal.throwIfAborted();
    },
    143,
  ],
  [
    'throws what the reason has caused',
    () => {
      stop();
      throw wrapped(wrapped(controller.current.signal.reason));
    },
    143,
  ],
])('says nothing of a body that %s', async (_, body, code) => {
  await untilStopped(async () => body());
  expect([process.exitCode, said]).toEqual([code, []]);
});

it.each([false, true])('says what went wrong (asked to stop: %s)', async (isStopped) => {
  await untilStopped(async () => {
    if (isStopped) stop();
    throw new Error('no space left', { cause: new Error('ENOSPC') });
  });
  expect([process.exitCode, said]).toEqual([1, ['error: no space left']]);
});
