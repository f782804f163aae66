import path from 'node:path';
import { CheckpointError, ConfigError } from 'diffusion-ssl/errors';
import { openTensors, type StoredTensors } from 'diffusion-ssl/interop';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { z } from 'zod';
import { checkpointFile, holdsCheckpoint, LATEST } from '../checkpoint/checkpointNames.js';
import { showValue } from '../config/showValue.js';
import type { DinoState } from './DinoState.js';

/** A checkpoint to go on from; open until the run is made. */
export interface DinoPoint {
  tensors: StoredTensors;
  state: DinoState;
  file: string;
}

const count = z.int().min(0);
const dinoState = z.looseObject({
  config: z.looseObject({ chips: z.looseObject({ epochs: count, batch: count }), outDim: count }),
  inputs: z.record(z.string(), z.string()),
  contents: z.object({ train: z.string(), validate: z.string() }),
  build: z.string(),
  epoch: count,
  nextBatch: count,
  step: count,
  sums: z.object({ steps: count, loss: z.number(), teacherEntropy: z.number(), teacherSpread: z.number() }),
  suspicious: count,
  history: z.array(z.looseObject({ epoch: count, step: count, featureSpread: z.number() })),
});

/** Where chips lie may change: what lies there is compared. */
const MAY_CHANGE: readonly string[] = ['data', 'catalog'];

/**
 * Opens the latest checkpoint of a self-distillation.
 *
 * @param given Options that were given now, by name.
 * @throws If there is none, it is damaged, or an option would change the run.
 */
export async function readDinoPoint(folder: string, given: object): Promise<DinoPoint> {
  const file = checkpointFile(folder, LATEST);
  if (!holdsCheckpoint(folder, LATEST)) {
    throw new ConfigError(
      `${path.join(folder, LATEST)} does not exist: there is nothing to resume in ${folder}.`,
    );
  }
  const tensors = await openTensors(folderFiles(folder), LATEST);
  try {
    const read = readCheckpointState(tensors);
    const { error } = dinoState.safeParse(read, { reportInput: true });
    if (error) {
      const [{ path: at, message, input }] = error.issues;
      throw new CheckpointError(
        `${file}: the state of a self-distillation: ${at.join('.') || 'it'} is ${showValue(input)}; ` +
          `${message[0].toLowerCase()}${message.slice(1)}.`,
      );
    }
    // As it was written, in its order, so that the next checkpoint is that of a run left alone.
    const state = read as DinoState;
    const saved: Record<string, unknown> = { ...state.config.chips, ...state.config };
    const changed = Object.entries(given).filter(
      ([key, value]) => !MAY_CHANGE.includes(key) && JSON.stringify(value) !== JSON.stringify(saved[key]),
    );
    if (changed.length > 0) {
      const list = changed.map(([key]) => `${flagOf(key)} (the run has ${JSON.stringify(saved[key])})`);
      throw new ConfigError(
        `A resumed run keeps its configuration; leave out ${list.join(', ')}, or start a new run.`,
      );
    }
    const { data = state.config.chips.data, catalog = state.config.chips.catalog } = given as {
      data?: string;
      catalog?: string;
    };
    state.config.chips = { ...state.config.chips, data, catalog };
    return { tensors, state, file };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}

const flagOf = (key: string) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
