import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TrainerProcess } from '../../../test/support/trainer.js';
import { finishAndCompare, flagsFor, holdsRun, type RunTrial } from './RunTrial.js';

const AT_ONCE = 4;

/** Starts processes that want the same folder, a folder each, or the same sample chips. */
export async function tryWriters(trial: RunTrial): Promise<string[]> {
  const problems = [...(await sameFolder(trial)), ...(await folderEach(trial))];
  console.log(
    `runs: ${AT_ONCE} processes at once in a new folder and in one of a killed run, 2 without --out`,
  );
  return problems;
}

async function sameFolder(trial: RunTrial): Promise<string[]> {
  const problems: string[] = [];
  for (const before of ['new', 'killed']) {
    const out = path.join(trial.folder, `writers-${before}`);
    if (before === 'killed') {
      const first = trial.trainer.start([...flagsFor(trial, out), '--checkpoint-steps', '1']);
      while (!holdsRun(out) && first.child.exitCode === null) await wait(10);
      first.child.kill('SIGKILL');
      await first.ended;
      if (!existsSync(path.join(out, 'run.lock')))
        problems.push('writers: a killed run left no lock to take over');
    }
    const args = flagsFor(trial, out);
    const ended = await Promise.all(Array.from({ length: AT_ONCE }, () => trial.trainer.start(args).ended));
    const refused = ended.filter(
      ({ code, stderr }) => code === 1 && /process \d+ of .* writes in /.test(stderr),
    );
    if (ended.filter(({ code }) => code === 0).length !== 1 || refused.length !== AT_ONCE - 1) {
      problems.push(
        `writers, ${before} folder: ${ended.map(({ code, stderr }) => `${code} ${stderr.slice(-200)}`).join('; ')}`,
      );
    }
    problems.push(
      ...(await finishAndCompare(trial, out)).map((problem) => `writers, ${before} folder: ${problem}`),
    );
  }
  return problems;
}

async function folderEach({ trainer, folder }: RunTrial): Promise<string[]> {
  const cwd = path.join(folder, 'without-out');
  mkdirSync(cwd);
  const small = ['--filter-config', '4,4,8,8,8,8', '--epochs', '50'];
  const runs = [1, 2].map(() => trainer.start(small, { cwd }));
  const names = await Promise.all(runs.map(untilWriting));
  for (const { child } of runs) child.kill('SIGTERM');
  const ended = await Promise.all(runs.map((run) => run.ended));
  const problems: string[] = [];
  if (names.sort().join() !== 'runs/blue-marble,runs/blue-marble-2') {
    problems.push(
      `writers without --out: ${names.join()}; ${ended.map(({ stderr }) => stderr.slice(-300)).join('; ')}`,
    );
  }
  if (readdirSync(path.join(cwd, 'data')).join() !== 'blue-marble') {
    problems.push(`writers without --out: data holds ${readdirSync(path.join(cwd, 'data')).join()}`);
  }
  const waited = ended.filter(({ stdout }) => stdout.includes('waiting for process')).length;
  if (waited !== 1) problems.push(`writers without --out: ${waited} of 2 waited for the sample chips`);
  return problems;
}

/** The folder that a process says it writes. */
async function untilWriting({ child }: TrainerProcess): Promise<string> {
  let said = '';
  child.stdout?.on('data', (text: string) => {
    said += text;
  });
  for (;;) {
    const writing = /^writing (.*)$/m.exec(said);
    if (writing) return writing[1];
    if (child.exitCode !== null || child.signalCode !== null) return `ended: ${said.slice(-300)}`;
    await wait(20);
  }
}
