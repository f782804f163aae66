import { expect, test } from 'vitest';
import { RunError, runJson } from '../../bench/runJson.js';

const node = (script: string, env?: NodeJS.ProcessEnv) => runJson(process.execPath, ['-e', script], { env });
const failure = async (script: string) => (await node(script).catch((error: unknown) => error)) as RunError;

test('the last line is the result, whatever was printed before', async () => {
  const script = `console.log('starting'); console.log(JSON.stringify({ given: process.env.GIVEN }))`;
  expect(await node(script, { GIVEN: 'yes' })).toEqual({ given: 'yes' });
});

test('a process that fails says why', async () => {
  const error = await failure(`throw new Error('no such weight')`);
  expect(error).toBeInstanceOf(RunError);
  expect(error.message).toBe('ended with status 1: Error: no such weight');
  expect(error.outOfMemory).toBe(false);
});

test('source that an uncaught error drags along does not count as a lack of memory', async () => {
  const error = await failure(`const allocate = 'out of memory'; throw new TypeError('x is undefined')`);
  expect(error.message).toBe('ended with status 1: TypeError: x is undefined');
  expect(error.outOfMemory).toBe(false);
});

test('what takes too long is ended, and is not taken for a lack of memory', async () => {
  const run = runJson(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { limit: 0.5 });
  const error = (await run.catch((reason: unknown) => reason)) as RunError;
  expect(error).toBeInstanceOf(RunError);
  expect(error.message).toBe('took more than 0.5 s and was ended');
  expect(error.outOfMemory).toBe(false);
});

test.each([
  ['a message', `throw new RangeError('Array buffer allocation failed')`],
  ['an abort of WebAssembly', `throw new Error('Aborted(Cannot enlarge memory arrays)')`],
  ['the system', `process.kill(process.pid, 'SIGKILL')`],
])('a lack of memory is told apart: %s', async (_, script) => {
  expect((await failure(script)).outOfMemory).toBe(true);
});
