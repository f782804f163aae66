import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../lib/root.js';
import { runCommand } from '../lib/runCommand.js';
import type { HostilePart } from './HostilePart.js';

/** Parameters of 64 MiB: with average and optimizer 5 GiB. */
const PARAMETERS = 20;
const HELD = PARAMETERS * 4 * 2 ** 26;
/** What a process may take besides the run itself: Node, a few tensors, and what the collector has not got to. */
const BESIDES = 2 ** 30;

interface Usage {
  before: number;
  peak: number;
  seconds: number;
}

/**
 * Writes a checkpoint of 5 GiB and restores it in another process, and compares what each took with what the run itself
 * takes.
 */
export const largePart: HostilePart = async ({ folder }) => {
  const problems: string[] = [];
  for (const program of ['saveLarge', 'restoreLarge']) {
    const script = fileURLToPath(new URL(`large/${program}.ts`, import.meta.url));
    const output = runCommand(
      process.execPath,
      ['--import', 'tsx', script, folder, String(PARAMETERS)],
      root,
    );
    const { before, peak, seconds } = JSON.parse(output.trim().split('\n').at(-1)!) as Usage;
    const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2);
    console.log(
      `large: ${program} took ${gib(peak)} GiB at most, ${gib(before)} before, of which the run is ${gib(HELD)}; ` +
        `${seconds.toFixed(0)} s`,
    );
    if (peak > HELD + BESIDES) problems.push(`large: ${program} took ${gib(peak)} GiB`);
  }
  const sizes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
  console.log(
    `large: ${sizes.length} files of ${sizes.map((size) => (size / 1e9).toFixed(2)).join(', ')} GB`,
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total < HELD) problems.push(`large: the checkpoint has ${total} bytes only`);
  if (Math.max(...sizes) >= 2 ** 31) problems.push('large: a file is too large for Node 20 to read at once');
  return problems;
};
