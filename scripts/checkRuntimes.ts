/**
 * Runs a training program on the packed package in Node, Bun and Deno, the latter two installed from npm in a temporary
 * folder: chips, three steps and a sample come out as in Node. Asked for two threads, Bun and Deno start one and say
 * so. `--tarball FILE` takes a tarball in place of the build in dist/.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConsumerProject } from './lib/ConsumerProject.js';
import { finish } from './lib/finish.js';
import { root } from './lib/root.js';

/** What scripts/package/runtime.mjs prints. */
interface Outcome {
  threads: number;
  losses: number[];
  values: number[];
}

const { values: options } = parseArgs({ options: { tarball: { type: 'string' } } });
const project = new ConsumerProject(options.tarball);
const problems: string[] = [];
const bun = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`;
const runtimes: Record<string, string[]> = {
  Node: [process.execPath],
  Bun: [project.path('node_modules', bun, 'bin/bun')],
  // The package's program looks for the binary of this platform.
  Deno: [
    process.execPath,
    project.path('node_modules/deno/bin.cjs'),
    'run',
    '--allow-all',
    '--node-modules-dir=manual',
  ],
};

function run(runtime: string, threads: number): { outcome: Outcome; stderr: string } {
  const [command, ...args] = runtimes[runtime];
  const { stdout, stderr, status, error } = spawnSync(command, [...args, 'runtime.mjs', String(threads)], {
    cwd: project.folder,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (error || status !== 0)
    throw new Error(`${runtime} on ${threads} threads: ${error?.message ?? status}\n${stdout}${stderr}`);
  return { outcome: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome, stderr };
}

/** Largest difference of two lists of numbers. */
function difference(a: readonly number[], b: readonly number[]): number {
  return a.length === b.length
    ? Math.max(...a.map((value, i) => Math.abs(value - b[i])))
    : Number.POSITIVE_INFINITY;
}

try {
  project.install(...project.readmePackages(), bun, 'deno');
  copyFileSync(path.join(root, 'scripts/package/runtime.mjs'), project.path('runtime.mjs'));
  const { outcome: expected } = run('Node', 1);
  if (expected.losses.length !== 3 || !expected.losses.every((loss) => loss > 0.1))
    problems.push(`Node: losses ${expected.losses}`);
  for (const runtime of ['Bun', 'Deno']) {
    for (const threads of [1, 2]) {
      const where = `${runtime}, asked for ${threads} threads`;
      try {
        const { outcome, stderr } = run(runtime, threads);
        if (outcome.threads !== 1) problems.push(`${where}: ${outcome.threads} start`);
        // Values are within [−1, 1]; engines differ in the rounding of fused products.
        const gap = Math.max(
          difference(outcome.losses, expected.losses),
          difference(outcome.values, expected.values),
        );
        if (!(gap < 1e-3)) problems.push(`${where}: differs from Node by ${gap}`);
        const says = stderr.includes(`starts on one thread only (several need Node; this is ${runtime})`);
        if (says !== threads > 1) problems.push(`${where}: stderr is '${stderr}'`);
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
  }
} finally {
  project.remove();
}

finish(problems, 'Bun and Deno compute what Node does, on one thread');
