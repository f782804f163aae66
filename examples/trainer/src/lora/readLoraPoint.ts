import type { StoredTensors } from 'diffusion-ssl/interop';
import { z } from 'zod';
import { checkpointFile, LATEST } from '../checkpoint/checkpointNames.js';
import { readSavedRun } from '../checkpoint/readSavedRun.js';
import type { LoraState } from './LoraState.js';

/** A checkpoint to go on from; open until the run is made. */
export interface LoraPoint {
  tensors: StoredTensors;
  state: LoraState;
  file: string;
}

const count = z.int().min(0);
const loraState = z.looseObject({
  config: z.looseObject({ model: z.string(), chips: z.looseObject({ epochs: count, batch: count }) }),
  inputs: z.record(z.string(), z.string()),
  contents: z.object({ train: z.string(), validate: z.string() }),
  build: z.string(),
  epoch: count,
  nextBatch: count,
  step: count,
  sum: z.object({ loss: z.number(), count }),
  history: z.array(z.looseObject({ epoch: count, step: count, losses: z.record(z.string(), z.number()) })),
});

/** Where things lie may change: what lies there is compared. */
const OF_CHIPS = ['data', 'catalog'];
const OF_RUN = ['model', 'oldData', 'oldCatalog'];

/**
 * Opens the latest checkpoint of an adaptation.
 *
 * @param given Options that were given now, by name.
 * @throws If there is none, it is damaged, or an option would change the run.
 */
export async function readLoraPoint(folder: string, given: object): Promise<LoraPoint> {
  const file = checkpointFile(folder, LATEST);
  const { tensors, state } = await readSavedRun<LoraState>(folder, given, {
    ...{ what: 'adaptation', file, schema: loraState },
    optionsOf: ({ config }) => ({ ...config.chips, ...config }),
    mayChange: [...OF_CHIPS, ...OF_RUN],
  });
  const moved = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
  const chips = { ...state.config.chips, ...moved(OF_CHIPS) };
  return { tensors, state: { ...state, config: { ...state.config, ...moved(OF_RUN), chips } }, file };
}
