import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('convolutionThreadsProgram.ts', import.meta.url));

/** Runs the program in a process of its own, which must end by itself. */
async function run(threads: number): Promise<{ threads: number; build: string; checksum: number }> {
  const args = ['--import', 'tsx', program, String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
  return JSON.parse(stdout.trim().split('\n').pop()!);
}

it('convolutions give the same bits on any number of threads, and no process is left hanging', async () => {
  const results = [];
  for (const threads of [1, 2, 3]) results.push(await run(threads));
  expect(results.map(({ threads }) => threads)).toEqual([1, 2, 3]);
  for (const { build, checksum } of results) {
    expect(build).toMatch(/kernels/);
    expect(checksum).toBe(results[0].checksum);
  }
});
