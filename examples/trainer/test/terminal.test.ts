import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { writeChips } from '../../../test/support/chips.js';
import { buildTrainer, type Trainer, type TrainerProcess } from '../../../test/support/trainer.js';

const folder = mkdtempSync(path.join(tmpdir(), 'terminal-'));
const out = (name: string) => path.join(folder, name);
let trainer: Trainer;
let flags: string[];

beforeAll(() => {
  trainer = buildTrainer();
  flags = [
    ...[
      '--data',
      folder,
      '--catalog',
      writeChips(folder),
      '--image-columns',
      'optical,radar',
      '--size',
      '32',
    ],
    // The loop stays busy: all chips are in the cache of the trainer's own thread.
    ...[
      '--filter-config',
      '4,4,8,8,8,8',
      '--epochs',
      '1000',
      '--batch',
      '4',
      '--workers',
      '0',
      '--threads',
      '1',
    ],
  ];
});
afterAll(() => {
  trainer.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until a file holds so many lines. */
async function untilLines(file: string, count: number, { child }: TrainerProcess): Promise<void> {
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);
  while (lines() < count && child.exitCode === null) await wait(10);
}

const stepOf = (run: string) =>
  (readCheckpointState(readFileSync(path.join(out(run), 'latest.safetensors'))) as { step: number }).step;

/** The step of the log's last whole line. */
function lastLogged(run: string): number {
  const lines = readFileSync(path.join(out(run), 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return (JSON.parse(lines.at(-1)!) as { step: number }).step;
}

const python = spawnSync('python3', ['--version']).status === 0;
describe.skipIf(!python)('in a terminal, through npm (needs python3)', () => {
  it.each([
    ['ctrl-c', 130],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s saves the last step and ends with %i', async (what, code) => {
    const run = trainer.startInTerminal([...flags, '--out', out(what)]);
    await untilLines(path.join(out(what), 'log.jsonl'), 6, run);
    const begun = performance.now();
    run.child.stdin!.write(`${what}\n`);
    const ended = await run.ended;
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(ended.code, ended.stdout).toBe(code);
    expect(ended.stdout).toContain(`stopped at step ${stepOf(what)}; go on with: npm run pretrain -- --out`);
    expect(stepOf(what)).toBe(lastLogged(what));
  });

  it('a closed terminal saves the last step too', async () => {
    const run = trainer.startInTerminal([...flags, '--out', out('closed')]);
    const latest = path.join(out('closed'), 'latest.safetensors');
    await untilLines(path.join(out('closed'), 'log.jsonl'), 6, run);
    run.child.stdin!.write('close\n');
    await run.ended;
    // npm is gone at once; the trainer is not.
    const stands = () => (existsSync(latest) ? stepOf('closed') : 0) === lastLogged('closed');
    await expect.poll(stands, { timeout: 5000 }).toBe(true);
    const last = lastLogged('closed');
    await wait(500);
    expect(lastLogged('closed')).toBe(last);
  });
});

it('SIGHUP saves the last step and ends with 129', async () => {
  const run = trainer.start([...flags, '--out', out('hangup')]);
  await untilLines(path.join(out('hangup'), 'log.jsonl'), 2, run);
  run.child.kill('SIGHUP');
  expect((await run.ended).code).toBe(129);
  expect(stepOf('hangup')).toBe(lastLogged('hangup'));
});

describe('stopOnSignals', () => {
  /** A program that says when it hears a signal and never ends by itself: idle, or busy from then on. */
  function program(busy: boolean) {
    const file = path.resolve('examples/trainer/src/stopping/stopOnSignals.ts');
    const code = `import { stopOnSignals } from ${JSON.stringify(file)};
      const signal = stopOnSignals();
      signal.addEventListener('abort', () => {
        console.log('heard', signal.reason.by, signal.reason.exitCode);
        if (${busy}) setTimeout(() => { console.log('busy'); for (;;); }, 1000);
      });
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    return {
      child,
      ended,
      hears: (text: string) => expect.poll(() => said, { timeout: 20_000 }).toContain(text),
    };
  }

  it('takes what the terminal and npm send for one press as one, and ends at once on the next', async () => {
    const { child, ended, hears } = program(false);
    await hears('ready');
    child.kill('SIGINT');
    await hears('heard SIGINT 130');
    child.kill('SIGINT');
    await wait(1000);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
  });

  it('ends at once where the event loop has no turn any more', async () => {
    const { child, ended, hears } = program(true);
    await hears('ready');
    child.kill('SIGTERM');
    await hears('busy');
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
  });
});
