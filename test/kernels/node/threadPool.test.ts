import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startNode } from './startNode.js';

const reason = await startNode();
const program = fileURLToPath(new URL('threadPoolProgram.ts', import.meta.url));

/** Runs the program in a process of its own, which must end by itself. */
async function run(
  threads: number,
  own: boolean,
): Promise<{ checksum: number; names: string[]; mainShare: number }> {
  const args = ['--import', 'tsx', program, String(threads)];
  const env = { ...process.env, TFJS_NODE_THREADS: own ? '' : 'tensorflow' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000, env });
  return JSON.parse(stdout.trim().split('\n').pop()!);
}

describe.skipIf(reason)(`threads of tfjs-node${reason ? ` (${reason})` : ''}`, () => {
  it.each([2, 4])(
    'training on %i threads of our own gives the bits that TensorFlow gives on its own',
    async (threads) => {
      const own = await run(threads, true);
      const stock = await run(threads, false);
      const count = ({ names }: typeof own) => names.filter((name) => name === 'tfjs_node_pool').length;
      expect([own, stock].map(count)).toEqual([threads - 1, 0]);
      expect(own.checksum).toBe(stock.checksum);
      // It waits asleep where it does not take part.
      expect(own.mainShare).toBeGreaterThan(0.5 / threads);
    },
    120_000,
  );
});
