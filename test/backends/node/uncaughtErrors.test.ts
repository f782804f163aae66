import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const index = fileURLToPath(new URL('../../../src/backends/node/index.ts', import.meta.url));

/** Runs a module that can start the wasm backend, in a Node of its own. */
function runProgram(threads: number, body: string) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'uncaught-errors-'));
  try {
    const file = path.join(folder, 'program.mjs');
    writeFileSync(
      file,
      `import { initBackend } from ${JSON.stringify(index)};
      const start = () => initBackend({ device: 'wasm', threads: ${threads} });
      const events = ['uncaughtException', 'unhandledRejection'];
      const listeners = () => events.flatMap((event) => process.rawListeners(event));
      ${body}`,
    );
    return spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), file], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each([1, 2])('a process with the wasm backend on %i threads', (threads) => {
  it.each([
    ['an error that nobody catches', "setTimeout(() => { throw new TypeError('of mine'); });"],
    ['a promise that nobody catches', "Promise.reject(new TypeError('of mine'));"],
  ])('prints %s as Node does', (_, throwing) => {
    const { status, stderr } = runProgram(threads, `await start(); ${throwing}`);
    expect(status).toBe(1);
    expect(stderr).toContain('TypeError: of mine');
    expect(stderr).toContain('program.mjs:');
    expect(stderr.length).toBeLessThan(2000);
  });

  it("keeps the program's own listeners, also when the backend ends and starts anew", () => {
    const { stdout, stderr } = runProgram(
      threads,
      `let heard = 0;
      const mine = [() => heard++, (reason) => { throw reason; }];
      process.once('uncaughtException', mine[0]);
      process.on('unhandledRejection', mine[1]);
      const before = listeners();
      const same = [];
      for (let i = 0; i < 2; i++) {
        const { dispose } = await start();
        same.push(listeners().every((listener, k) => listener === before[k]), listeners().length);
        await dispose();
        same.push(listeners().every((listener, k) => listener === before[k]), listeners().length);
      }
      process.emit('uncaughtException', new Error('heard'));
      console.log(JSON.stringify([same, heard, listeners().length]));`,
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([[true, 2, true, 2, true, 2, true, 2], 1, 1]);
  });
});
