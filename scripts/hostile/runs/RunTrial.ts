import { existsSync } from 'node:fs';
import path from 'node:path';
import type { StartOptions, Trainer } from '../../../test/support/trainer.js';
import { differences, resultsOf } from './resultsOf.js';

/** What the trials of the part `runs` share. */
export interface RunTrial {
  trainer: Trainer;
  /** Flags of a small run, but for `--out`. */
  flags: readonly string[];
  /** Where the trials write. */
  folder: string;
  /** What that run leaves when nothing disturbs it. */
  alone: Map<string, string>;
  /** Milliseconds that it took. */
  duration: number;
  /** Numbers in [0, 1). */
  random: () => number;
  /** Things to try. */
  count: number;
}

/** Whether a folder holds a run to go on with. */
export function holdsRun(out: string): boolean {
  return ['latest', 'best'].some((name) => existsSync(path.join(out, `${name}.safetensors`)));
}

/** The flags that start a run in a folder, or go on with it. */
export function flagsFor({ flags }: RunTrial, out: string): string[] {
  return [...flags, '--out', out, ...(holdsRun(out) ? ['--resume'] : [])];
}

/** Runs to the end, and says what is not as in a run left alone. */
export async function finishAndCompare(
  trial: RunTrial,
  out: string,
  options?: StartOptions,
): Promise<string[]> {
  const { code, stderr } = await trial.trainer.start(flagsFor(trial, out), options).ended;
  if (code !== 0) return [`the run that went on ended with ${code}: ${stderr.slice(-500)}`];
  const different = differences(trial.alone, resultsOf(out));
  return different.length > 0 ? [`other than in a run left alone: ${different.join(', ')}`] : [];
}
