import path from 'node:path';
import { CheckpointError, ConfigError } from 'diffusion-ssl/errors';
import { openTensors, type StoredTensors } from 'diffusion-ssl/interop';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { z } from 'zod';
import { holdsCheckpoint, LATEST } from '../checkpoint/checkpointNames.js';
import { showValue } from '../config/showValue.js';
import type { TuneConfig } from './TuneConfig.js';
import type { TuneState } from './TuneState.js';

/** A checkpoint of fine-tuning to go on from; open until the run is made. */
export interface TunePoint {
  tensors: StoredTensors;
  state: TuneState;
}

/** Where things lie: what lies there is compared. */
const MAY_CHANGE: readonly string[] = ['model', 'data', 'catalog', 'labels'];

const count = z.int().min(0);
const tuneState = z.looseObject({
  config: z.looseObject({ task: z.string(), steps: count, model: z.string(), catalog: z.string() }),
  inputs: z.object({ chips: z.string(), network: z.string() }),
  build: z.string(),
  step: count,
  losses: z.object({ sum: z.number(), count }),
  checks: z.array(
    z.object({ step: count, trainLoss: z.number(), validationLoss: z.number(), score: z.number() }),
  ),
});

/**
 * Opens the latest checkpoint of a fine-tuning.
 *
 * @param given Options that were given now, by name.
 * @throws If there is none, it is damaged, or an option would change the run.
 */
export async function readTunePoint(folder: string, given: Partial<TuneConfig>): Promise<TunePoint> {
  if (!holdsCheckpoint(folder, LATEST)) {
    throw new ConfigError(
      `${path.join(folder, LATEST)} does not exist: there is nothing to resume in ${folder}.`,
    );
  }
  const tensors = await openTensors(folderFiles(folder), LATEST);
  try {
    const read = readCheckpointState(tensors);
    const { error } = tuneState.safeParse(read, { reportInput: true });
    if (error) {
      const [{ path: at, message, input }] = error.issues;
      throw new CheckpointError(
        `${path.join(folder, LATEST)}: the state of a fine-tuning: ${at.join('.') || 'it'} is ${showValue(input)}; ` +
          `${message[0].toLowerCase()}${message.slice(1)}.`,
      );
    }
    // As it was written, in its order, so that the next checkpoint is that of a run left alone.
    const state = read as TuneState;
    const saved = state.config as unknown as Record<string, unknown>;
    const changed = Object.entries(given).filter(
      ([key, value]) => !MAY_CHANGE.includes(key) && JSON.stringify(value) !== JSON.stringify(saved[key]),
    );
    if (changed.length > 0) {
      const list = changed.map(([key]) => `${flagOf(key)} (the run has ${JSON.stringify(saved[key])})`);
      throw new ConfigError(
        `A resumed run keeps its configuration; leave out ${list.join(', ')}, or start a new run.`,
      );
    }
    return { tensors, state };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}

const flagOf = (key: string) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
