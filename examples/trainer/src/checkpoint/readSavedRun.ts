import path from 'node:path';
import { CheckpointError, ConfigError } from 'diffusion-ssl/errors';
import { openTensors, type StoredTensors } from 'diffusion-ssl/interop';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { z } from 'zod';
import { flagOf } from '../config/flagOf.js';
import { showValue } from '../config/showValue.js';
import { holdsCheckpoint, LATEST } from './checkpointNames.js';
import { refuseOtherOptions } from './refuseOtherOptions.js';

/** A checkpoint to go on from; open until the run is made. */
export interface SavedRun<S> {
  tensors: StoredTensors;
  state: S;
}

/** What a command's checkpoints hold. */
export interface SavedRunKind<S> {
  /** What ran, in words. */
  what: string;
  /** The checkpoint, as errors name it. */
  file: string;
  schema: z.ZodType;
  /** The run's options. */
  optionsOf(state: S): Readonly<Record<string, unknown>>;
  /** Options that say where things lie: what lies there is compared. */
  mayChange: readonly string[];
}

/**
 * Opens the latest checkpoint of a command other than `pretrain`.
 *
 * @param given Options that were given now, by name.
 * @throws If there is none, it is damaged, or an option would change the run.
 */
export async function readSavedRun<S>(
  folder: string,
  given: object,
  { what, file, schema, optionsOf, mayChange }: SavedRunKind<S>,
): Promise<SavedRun<S>> {
  if (!holdsCheckpoint(folder, LATEST)) {
    throw new ConfigError(
      `${path.join(folder, LATEST)} does not exist: there is nothing to resume in ${folder}.`,
    );
  }
  const tensors = await openTensors(folderFiles(folder), LATEST);
  try {
    const read = readCheckpointState(tensors);
    const { error } = schema.safeParse(read, { reportInput: true });
    if (error) {
      const [{ path: at, message, input }] = error.issues;
      throw new CheckpointError(
        `${file}: the state of a ${what}: ${at.join('.') || 'it'} is ${showValue(input)}; ` +
          `${message[0].toLowerCase()}${message.slice(1)}.`,
      );
    }
    // As it was written, in its order, so that the next checkpoint is that of a run left alone.
    const state = read as S;
    const kept = Object.entries(given).filter(([key]) => !mayChange.includes(key));
    refuseOtherOptions(kept, optionsOf(state), flagOf);
    return { tensors, state };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}
