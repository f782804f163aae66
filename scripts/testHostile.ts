/**
 * Compares the library with other software on inputs that try to find where they differ, new ones at each run:
 * `npm run test:hostile -- --parts rasters,epsg --seed 7 --count 1400`. `--only NAME --seed N --keep DIR` makes one
 * input again and leaves it in DIR. Uses rasterio (GDAL) from PyPI in scripts/hostile/.venv, which the first run makes;
 * HOSTILE_PYTHON names an interpreter that has it already.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import { epsgPart } from './hostile/epsgPart.js';
import type { HostilePart } from './hostile/HostilePart.js';
import { largePart } from './hostile/largePart.js';
import { rastersPart } from './hostile/rastersPart.js';
import { runsPart } from './hostile/runsPart.js';
import { finish } from './lib/finish.js';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const PARTS: Readonly<Record<string, HostilePart>> = {
  rasters: rastersPart,
  epsg: epsgPart,
  runs: runsPart,
  large: largePart,
};
/** All but the one that takes 5 GiB of memory and of disk. */
const USUAL = 'rasters,epsg,runs';

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: USUAL },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    count: { type: 'string', default: '1400' },
    only: { type: 'string' },
    keep: { type: 'string' },
  },
});
const names = listItems(options.parts);
const [seed, count] = [decimal(options.seed), decimal(options.count)];
if (![seed, count].every((n) => Number.isInteger(n) && n >= 0) || !names.every((name) => name in PARTS))
  throw new Error(`--seed and --count take integers, --parts names of ${Object.keys(PARTS).join()}`);

const python = names.every((name) => name === 'large') ? '' : findPython();
const folder = options.keep ?? mkdtempSync(path.join(tmpdir(), 'hostile-'));
const problems: string[] = [];
const start = performance.now();
try {
  for (const name of names) {
    const own = path.resolve(folder, name);
    mkdirSync(own, { recursive: true });
    const found = await PARTS[name]({ python, seed, count, only: options.only, folder: own }).catch(
      (error: Error) => [error.stack ?? error.message],
    );
    problems.push(...found.map((problem) => `${problem} [--parts ${name} --seed ${seed} --count ${count}]`));
  }
} finally {
  if (!options.keep) rmSync(folder, { recursive: true });
}
finish(
  problems,
  `hostile: ${names.join(', ')}, seed ${seed}, in ${((performance.now() - start) / 1000).toFixed(0)} s`,
);

function findPython(): string {
  if (process.env.HOSTILE_PYTHON) return process.env.HOSTILE_PYTHON;
  const python = path.join(root, 'scripts/hostile/.venv/bin/python');
  try {
    runCommand(python, ['-c', 'import numpy, rasterio'], root);
  } catch {
    process.stdout.write(runCommand(path.join(root, 'scripts/hostile/setup.sh'), [], root));
  }
  return python;
}
