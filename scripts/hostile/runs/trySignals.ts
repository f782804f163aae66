import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { processStart } from '../../../src/training/node/processStart.js';
import { finishAndCompare, flagsFor, holdsRun, type RunTrial } from './RunTrial.js';

const CODES: Readonly<Record<string, number | undefined>> = {
  'ctrl-c': 130,
  SIGINT: 130,
  SIGTERM: 143,
  // npm ends at once, whatever the trainer says.
  SIGHUP: undefined,
  close: undefined,
};

/** Seconds that a run may take to end, on a busy machine. */
const SECONDS = 15;

/** Sends signals at random moments to whole process groups in terminals, through npm, and goes on each time. */
export async function trySignals(trial: RunTrial): Promise<string[]> {
  const { trainer, folder, random, count, duration } = trial;
  const problems: string[] = [];
  const said = { early: 0, saved: 0, silent: 0 };
  let out = path.join(folder, 'signals-0');
  for (let i = 0; i < count; i++) {
    const signal = Object.keys(CODES)[i % 5];
    const resumes = holdsRun(out);
    const after = Math.round(random() * duration);
    const name = `${signal} after ${after} ms of a run that ${resumes ? 'goes on' : 'begins'}`;
    const run = trainer.startInTerminal(flagsFor(trial, out));
    await wait(after);
    const lock = path.join(out, 'run.lock');
    const pid = existsSync(lock)
      ? (JSON.parse(readFileSync(lock, 'utf8') || '{}') as { pid?: number }).pid
      : undefined;
    const begun = performance.now();
    run.child.stdin?.write(`${signal}\n`);
    const { code, stdout } = await run.ended;
    while (pid !== undefined && processStart(pid) !== undefined && performance.now() - begun < 60_000)
      await wait(20);
    if (pid === undefined) await wait(1000);
    const seconds = (performance.now() - begun) / 1000;
    if (seconds > SECONDS) problems.push(`${name}: it took ${seconds.toFixed(0)} s to end`);
    const finished = existsSync(path.join(out, 'summary.json'));
    if (CODES[signal] !== undefined && code !== CODES[signal] && !finished) {
      problems.push(`${name}: it ended with ${code}: ${stdout.slice(-500)}`);
    }
    if (stdout.includes('stopped before the first step')) said.early++;
    else if (stdout.includes('stopped at step')) said.saved++;
    else said.silent++;
    if (!holdsRun(out) && existsSync(out)) problems.push(`${name}: a folder without a checkpoint is left`);
    if (existsSync(lock)) problems.push(`${name}: its lock is left`);
    if (finished || i === count - 1) {
      problems.push(...(await finishAndCompare(trial, out)).map((problem) => `${name}: ${problem}`));
      out = path.join(folder, `signals-${i + 1}`);
    }
  }
  console.log(
    `runs: ${count} signals, ${said.early} before a first step, ${said.saved} saved, ` +
      `${said.silent} before it listened or ` +
      'where nobody heard it any more',
  );
  return problems;
}
