import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from 'diffusion-ssl/errors';
import { openTensors, type StoredTensors } from 'diffusion-ssl/interop';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';
import { BEST, holdsCheckpoint, LATEST } from './checkpointNames.js';
import { checkRunState } from './checkRunState.js';
import type { RunState } from './RunState.js';
import { refuseOtherOptions } from './refuseOtherOptions.js';

/** A checkpoint to go on from. */
export interface ResumePoint {
  file: string;
  /** Open until the run is made. */
  tensors: StoredTensors;
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
 * Reads the checkpoint of the run to resume: the latest, or the best where a process was killed before the first
 * latest.
 *
 * @throws If it is damaged, or an option given now would change the run.
 */
export async function readResumePoint(folder: string, options: PretrainOptions): Promise<ResumePoint> {
  const name = holdsCheckpoint(folder, LATEST) ? LATEST : BEST;
  const { tensors, state } = await openCheckpoint(folder, name).catch(async (error: Error) => {
    throw new CheckpointError(`${error.message}${await wholeCheckpoint(folder, name)}`, { cause: error });
  });
  const file = path.join(folder, name);
  try {
    return { file, tensors, state, config: configNow(state, options) };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}

/** The run's configuration with the options given now. */
function configNow(state: RunState, { config, given, nameOf }: PretrainOptions): PretrainConfig {
  const keys = given as (keyof PretrainConfig)[];
  const kept = keys.filter((key) => !MAY_CHANGE.includes(key));
  refuseOtherOptions(
    kept.map((key) => [key, config[key]]),
    { ...state.config },
    (key) => nameOf(key as keyof PretrainConfig),
  );
  const now = Object.fromEntries(
    keys.filter((key) => MAY_CHANGE.includes(key)).map((key) => [key, config[key]]),
  );
  const begun = state.epoch + (state.nextBatch > 0 ? 1 : 0);
  if (now.epochs !== undefined && (now.epochs as number) < begun) {
    throw new Error(
      `${nameOf('epochs')} is ${now.epochs}, but the run is in epoch ${begun}: give at least that.`,
    );
  }
  return { ...state.config, ...now };
}

async function openCheckpoint(
  folder: string,
  name: string,
): Promise<{ tensors: StoredTensors; state: RunState }> {
  const tensors = await openTensors(folderFiles(folder), name);
  try {
    return { tensors, state: checkRunState(readCheckpointState(tensors)) };
  } catch (error) {
    await tensors.close();
    throw new CheckpointError(`${path.join(folder, name)}: ${(error as Error).message}`, { cause: error });
  }
}

/** Names the checkpoint with the most steps that can be read, to go on from in place of a damaged one. */
async function wholeCheckpoint(folder: string, damaged: string): Promise<string> {
  let best: { name: string; index: string; step: number } | undefined;
  for (const name of await readdir(folder)) {
    const [, checkpoint, index = ''] =
      /^((?:latest|best|epoch-\d+)\.safetensors)(\.index\.json)?$/.exec(name) ?? [];
    if (checkpoint === undefined || checkpoint === damaged) continue;
    try {
      const { tensors, state } = await openCheckpoint(folder, checkpoint);
      await tensors.close();
      const { step } = state;
      if (step > (best?.step ?? -1)) best = { name: checkpoint, index, step };
    } catch {
      // Damaged as well.
    }
  }
  if (!best) return '';
  const { name, index, step } = best;
  return `\n${name}${index} is whole, of step ${step}: copied over ${damaged}${index}, it is where the run goes on.`;
}
