/**
 * Kills a training run with SIGKILL at random moments, resumes it each time, and compares what it leaves with a run
 * that was left alone: weights, best and latest checkpoint, log of every step.
 *
 * Usage: tsx scripts/testResume.ts [--kills 20] [--seed N]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readSafetensors } from 'diffusion-ssl/interop';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { uniformGenerator } from '../src/internal/philox.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [kills, seed] = [decimal(values.kills), decimal(values.seed)];
if (![kills, seed].every((n) => Number.isSafeInteger(n) && n >= 0))
  throw new Error('--kills and --seed take integers');
const random = uniformGenerator({ seed, stream: 0, step: 0 });

const folder = mkdtempSync(path.join(os.tmpdir(), 'resume-'));
const flags = [
  ...[
    '--size',
    '32',
    '--patch-size',
    '1',
    '--block-num',
    '2,2,2,2,2,2',
    '--filter-config',
    '4,4,8,8,8,8',
    '--dropout-rate',
    '0.1',
    '--augmentation',
    'flips+rotation',
  ],
  ...['--epochs', '2', '--batch', '8', '--accumulate', '2', '--checkpoint-steps', '7', '--workers', '2'],
];

/** Runs the trainer, killing it after so many milliseconds; resolves with its exit code, null when killed. */
function train(out: string, extra: string[], killAfter?: number): Promise<number | null> {
  const trainer = ['--import', 'tsx', 'examples/pretrain-nicfi.ts', ...flags, '--out', out, ...extra];
  const child = spawn(process.execPath, trainer, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TSX_TSCONFIG_PATH: 'examples/tsconfig.json' },
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

const alone = path.join(folder, 'alone');
const killed = path.join(folder, 'killed');
console.log(`one run left alone, one killed ${kills} times (--seed ${seed}) in ${folder}`);
/** One who was killed before the first latest checkpoint may have left the best. */
const resumeFlag = () =>
  ['latest', 'best'].some((name) => existsSync(path.join(killed, `${name}.safetensors`))) ? ['--resume'] : [];
const begun = performance.now();
if ((await train(alone, [])) !== 0) throw new Error('the run left alone failed');
const duration = performance.now() - begun;
let finishedEarly = 0;
for (let kill = 1; kill <= kills; kill++) {
  // From before the first step to a third of a run: the whole run is lived through, mostly more than once.
  const resume = resumeFlag();
  const code = await train(killed, resume, 1000 + random() * (duration / 3));
  if (code === 0) {
    finishedEarly++;
    rmSync(killed, { recursive: true, force: true });
  } else if (code !== null) throw new Error(`the run ended with code ${code} before kill ${kill}`);
}
const resume = resumeFlag();
if ((await train(killed, resume)) !== 0) throw new Error('the last resumed run failed');

const differences: string[] = [];
for (const name of ['weights.safetensors', 'best.safetensors', 'latest.safetensors']) {
  const [expected, actual] = [alone, killed].map(
    (run) => readSafetensors(readFileSync(path.join(run, name))).tensors,
  );
  for (const [tensor, { data }] of expected) {
    const other = actual.get(tensor)?.data;
    const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    if (!other || !bytes(data).equals(bytes(other))) differences.push(`${name}: ${tensor}`);
  }
}
const losses = (run: string) => readFileSync(path.join(run, 'log.jsonl'), 'utf8');
if (losses(alone) !== losses(killed)) differences.push('log.jsonl');
rmSync(folder, { recursive: true, force: true });
if (differences.length > 0) {
  console.error(`the two runs differ in:\n${differences.slice(0, 20).join('\n')}`);
  process.exit(1);
}
console.log(
  `${kills} kills (${finishedEarly} runs ended before theirs): the same weights and losses, bit for bit`,
);
