import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from 'diffusion-ssl/errors';
import { readCheckpointState } from 'diffusion-ssl/training';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';
import { checkRunState } from './checkRunState.js';
import { BEST, LATEST, type RunState } from './runFolder.js';

/** A checkpoint to go on from. */
export interface ResumePoint {
  file: string;
  bytes: Uint8Array;
  /** As it was saved. */
  state: RunState;
  /** The run's configuration from now on. */
  config: PretrainConfig;
}

/** What may change: where things lie, since what lies there is compared, and how long the run is. */
const MAY_CHANGE: readonly (keyof PretrainConfig)[] = [
  'data',
  'catalog',
  'globalStats',
  'paramsInit',
  'perceptualWeights',
  'epochs',
];

/**
 * Reads the checkpoint of the run to resume: the latest, or the best where a process was killed before the first latest.
 *
 * @throws If it is damaged, or an option given now would change the run.
 */
export async function readResumePoint(
  folder: string,
  { config, given, nameOf }: PretrainOptions,
): Promise<ResumePoint> {
  const file = path.join(folder, existsSync(path.join(folder, LATEST)) ? LATEST : BEST);
  const bytes = await readFile(file);
  let state: RunState;
  try {
    state = checkRunState(readCheckpointState(bytes));
  } catch (error) {
    const other = await wholeCheckpoint(folder, path.basename(file));
    throw new CheckpointError(`${file}: ${(error as Error).message}${other}`, { cause: error });
  }
  const keys = given as (keyof PretrainConfig)[];
  const changed = keys.filter((key) => {
    return !MAY_CHANGE.includes(key) && JSON.stringify(config[key]) !== JSON.stringify(state.config[key]);
  });
  if (changed.length > 0) {
    const list = changed.map((key) => `${nameOf(key)} (the run has ${JSON.stringify(state.config[key])})`);
    throw new Error(
      `A resumed run keeps its configuration; leave out ${list.join(', ')}, or start a new run.`,
    );
  }
  const now = Object.fromEntries(
    keys.filter((key) => MAY_CHANGE.includes(key)).map((key) => [key, config[key]]),
  );
  const begun = state.epoch + (state.nextBatch > 0 ? 1 : 0);
  if (now.epochs !== undefined && (now.epochs as number) < begun) {
    throw new Error(
      `${nameOf('epochs')} is ${now.epochs}, but the run is in epoch ${begun}: give at least that.`,
    );
  }
  return { file, bytes, state, config: { ...state.config, ...now } };
}

/** Names the checkpoint with the most steps that can be read, to go on from in place of a damaged one. */
async function wholeCheckpoint(folder: string, damaged: string): Promise<string> {
  let best: { name: string; step: number } | undefined;
  for (const name of await readdir(folder)) {
    if (name === damaged || !/^(?:latest|best|epoch-\d+)\.safetensors$/.test(name)) continue;
    try {
      const { step } = checkRunState(readCheckpointState(await readFile(path.join(folder, name))));
      if (step > (best?.step ?? -1)) best = { name, step };
    } catch {
      // Damaged as well.
    }
  }
  if (!best) return '';
  return `\n${best.name} is whole, of step ${best.step}: copied over ${damaged}, it is where the run goes on.`;
}
