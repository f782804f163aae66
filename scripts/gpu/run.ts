/**
 * Runs tests and benchmarks on the graphics processor of this machine, on WebGPU and beside it in PyTorch, and leaves
 * at most eight files of results. `run.sh` starts it in the folder into which it unpacked everything.
 *
 * Usage: scripts/gpu/run.sh [--out FOLDER] [--seconds 470] [--dry-run]
 *
 * `--out`: where the results go; without it `OUT` names the folder, else it is bench/results/gpu-DATE. `--seconds`:
 * after which nothing is begun and what still runs is ended, counted from the start of run.sh. `--dry-run` (or
 * `GPU_DRY_RUN=1`): small shapes, on a software adapter too. `PEER_PYTHON` names the Python with PyTorch.
 *
 * Exit status: 0 when all went well, 1 when a part failed or had no time, 3 when WebGPU has no graphics processor here.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow } from '../../bench/BenchRow.js';
import { decimal } from '../../examples/trainer/src/config/decimal.js';
import { readTestReport } from '../lib/readTestReport.js';
import { root } from '../lib/root.js';
import { classifyAdapter, type Probe } from './classifyAdapter.js';
import { describeMachine } from './describeMachine.js';
import { describePython } from './describePython.js';
import type { Manifest } from './Manifest.js';
import { type Part, planRun } from './parts.js';
import { ResultFolder } from './ResultFolder.js';
import { endParts, type PartEnd, runPart } from './runPart.js';
import { sourceHash } from './sourceHash.js';
import { type Findings, summarize } from './summarize.js';
import { vulkanEnvironment } from './vulkanEnvironment.js';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    seconds: { type: 'string', default: '470' },
    'dry-run': { type: 'boolean', default: process.env.GPU_DRY_RUN === '1' },
  },
});
const allowedSeconds = decimal(options.seconds);
if (!(allowedSeconds > 0)) throw new Error(`--seconds takes seconds, not '${options.seconds}'`);
const { GPU_BEGUN, GPU_TREE = root, GPU_WORK, GPU_CALLER = process.cwd(), OUT } = process.env;
const begun = GPU_BEGUN ? 1000 * Number(GPU_BEGUN) : Date.now();
const secondsLeft = () => allowedSeconds - (Date.now() - begun) / 1000;
const date = new Date().toISOString();
const dryRun = options['dry-run'];
const ownFolder = path.join(GPU_TREE, 'bench/results', `gpu-${dryRun ? 'dry-run' : date.slice(0, 10)}`);
const results = new ResultFolder(path.resolve(GPU_CALLER, options.out ?? OUT ?? ownFolder));

process.on('exit', () => {
  endParts();
  if (GPU_WORK) rmSync(GPU_WORK, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const work = path.join(root, '.gpu-work');
mkdirSync(work, { recursive: true });
say(`results go to ${results.folder}`);
const vulkan = vulkanEnvironment(path.join(root, 'lib'), work);
const env: NodeJS.ProcessEnv = { ...process.env, ...vulkan.env };
const machine = describeMachine();
const { probe, verdict, seconds: probed } = await probeAdapter();
const usable = verdict.kind === 'card' || (dryRun && verdict.kind === 'software');
const report = { date, verdict, machine, vulkan, ...probe };
results.write('adapter.json', report);
const python = describePython();
if ('command' in python) env.PEER_PYTHON = python.command;
results.write('adapter.json', { ...report, python });
const findings: Findings = {
  date,
  dryRun,
  tree: describeTree(),
  machine,
  python,
  verdict,
  parts: [{ name: 'adapter', status: usable ? 'done' : 'failed', seconds: probed, note: verdict.kind }],
  tests: {},
  training: [],
  sampling: [],
};
save();

const peer = 'missing' in python ? 'none' : python.card ? 'cuda' : dryRun ? 'cpu' : 'none';
for (const part of planRun({ webgpu: usable, peer, dryRun })) {
  await run(part);
  save();
}
say(`${summarize(findings)}\nresults: ${results.folder}`);
const wrong = findings.parts.slice(1).some(({ status }) => status !== 'done');
process.exit(wrong || verdict.kind === 'fault' ? 1 : usable ? 0 : 3);

/** What Dawn finds, and what that means. */
async function probeAdapter() {
  const script = path.join(root, 'scripts/gpu/probeAdapter.ts');
  const end = await runNode([script], Math.min(60, secondsLeft()));
  const probe = parseLastLine<Probe>(end.stdout);
  const verdict = classifyAdapter(
    { probe, status: end.code, stderr: end.stderr },
    vulkan,
    machine.card?.name,
  );
  return { probe, verdict, seconds: end.seconds };
}

/** Runs a part and records what came of it. */
async function run({ name, limit, run: what }: Part): Promise<void> {
  const allowed = Math.min(limit, secondsLeft());
  if (allowed < 5) {
    findings.parts.push({ name, status: 'not begun', seconds: 0, note: 'no time was left' });
    return;
  }
  const file = path.join(work, `${name.replaceAll(/\W/g, '-')}.json`);
  const end =
    'tests' in what ? await runTests(what.tests, file, allowed) : await runBench(what, file, allowed);
  const record = { name, status: end.status, seconds: end.seconds, note: '' };
  if ('tests' in what && !existsSync(file)) {
    const count = (mark: string) =>
      end.stdout.split('\n').filter((line) => line.trim().startsWith(mark)).length;
    record.note = `no report; by then ${count('✓')} passed, ${count('×')} failed`;
  } else if ('tests' in what) {
    const counts = readTestReport(file);
    findings.tests[name] = counts;
    record.note = `${counts.passed} passed, ${counts.failures.length} failed, ${counts.skipped} skipped`;
    if (counts.passed === 0) record.status = 'failed';
  } else if ('bench' in what) {
    const rows = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchRow[]) : [];
    findings[what.bench === 'train' ? 'training' : 'sampling'].push(...rows);
    const troubles = `${end.stdout}\n${end.stderr}`
      .split('\n')
      .filter((line) => /Error: |: failed, |does not start|cannot hold/.test(line));
    record.note = [`${rows.length} rows`, ...troubles.map((line) => line.trim().slice(0, 300))].join('; ');
    if (rows.length === 0 && record.status === 'done') record.status = 'failed';
  }
  findings.parts.push(record);
  say(`${record.name}: ${record.status} in ${record.seconds.toFixed(1)} s, ${record.note}`);
}

function runTests(files: string[], report: string, limit: number): Promise<PartEnd> {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`];
  const config = path.join(root, 'scripts/gpu/vitest.config.ts');
  return runNode([vitest, 'run', '--config', config, ...reporters, ...files], limit, {
    TEST_BACKEND: 'webgpu',
    NO_COLOR: '1',
    // A software adapter takes minutes for what others do in seconds.
    GPU_TEST_SECONDS: dryRun ? '900' : '60',
  });
}

function runBench(
  { bench, args }: Extract<Part['run'], { bench: string }>,
  rows: string,
  limit: number,
): Promise<PartEnd> {
  return runNode([path.join(root, `bench/${bench}.ts`), ...args, '--json', rows], limit);
}

/** Runs a program in Node, with its output in the log. */
function runNode(args: string[], limit: number, variables: NodeJS.ProcessEnv = {}): Promise<PartEnd> {
  results.append('log.txt', `\n$ node ${args.join(' ')}\n`);
  return runPart(process.execPath, [...process.execArgv, ...args], {
    env: { ...env, ...variables },
    limit,
    onOutput: (text) => results.append('log.txt', text),
  });
}

/** Writes what is known so far: a machine that is taken away leaves that much. */
function save(): void {
  results.write('tests.json', findings.tests);
  results.write('train.json', findings.training);
  results.write('sample.json', findings.sampling);
  results.write('summary.md', summarize(findings));
}

function describeTree(): string {
  const manifest = JSON.parse(
    readFileSync(path.join(GPU_TREE, '.gpu/part-1/manifest.json'), 'utf8'),
  ) as Manifest;
  const tree = `packed at commit ${manifest.commit}`;
  if (manifest.sources === sourceHash()) return tree;
  return `${tree}; **src has changed since dist was packed, which the benchmarks use: run gpu:pack again**`;
}

function parseLastLine<T>(text: string): T | undefined {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as T) : undefined;
}

function say(text: string): void {
  console.log(text);
  results.append('log.txt', `${text}\n`);
}
