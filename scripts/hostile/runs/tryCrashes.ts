import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { finishAndCompare, flagsFor, type RunTrial } from './RunTrial.js';

const preload = pathToFileURL(fileURLToPath(new URL('crashAt.mjs', import.meta.url))).href;

/**
 * Kills runs in the middle of some change of a file, also those that go on; in the end nothing is other than in one
 * left alone.
 */
export async function tryCrashes(trial: RunTrial): Promise<string[]> {
  const { trainer, folder, random, count } = trial;
  const counted = path.join(folder, 'changes');
  const out = path.join(folder, 'counted');
  const env = { CRASH_FOLDER: out, CRASH_COUNT: counted };
  const { code, stderr } = await trainer.start(flagsFor(trial, out), { preload, env }).ended;
  if (code !== 0) return [`crashes: the run whose changes are counted ended with ${code}: ${stderr}`];
  const changes = Number(readFileSync(counted, 'utf8'));
  const problems: string[] = [];
  let kills = 0;
  for (let i = 0; i < count; i++) {
    const killed = path.join(folder, `crash-${i}`);
    // Each part of the range once; the second kill falls into the run that goes on.
    const points = [Math.ceil(((i + random()) / count) * changes), Math.ceil(random() * changes)];
    for (const point of points) {
      const env = { CRASH_FOLDER: killed, CRASH_AT: String(point) };
      const ended = await trainer.start(flagsFor(trial, killed), { preload, env }).ended;
      if (ended.code === null) kills++;
      else if (ended.code !== 0)
        problems.push(`crash at ${points}: ended with ${ended.code}: ${ended.stderr}`);
    }
    const found = await finishAndCompare(trial, killed);
    problems.push(...found.map((problem) => `crash at ${points} of ${changes} changes: ${problem}`));
  }
  console.log(
    `runs: ${kills} kills at ${2 * count} of ${changes} changes of files, each run finished afterwards`,
  );
  return problems;
}
