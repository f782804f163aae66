import type { StoredTensors } from 'diffusion-ssl/interop';
import { z } from 'zod';
import { checkpointFile, LATEST } from '../checkpoint/checkpointNames.js';
import { readSavedRun } from '../checkpoint/readSavedRun.js';
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

/**
 * Opens the latest checkpoint of a self-distillation.
 *
 * @param given Options that were given now, by name.
 * @throws If there is none, it is damaged, or an option would change the run.
 */
export async function readDinoPoint(folder: string, given: object): Promise<DinoPoint> {
  const file = checkpointFile(folder, LATEST);
  const { tensors, state } = await readSavedRun<DinoState>(folder, given, {
    ...{ what: 'self-distillation', file, schema: dinoState },
    optionsOf: ({ config }) => ({ ...config.chips, ...config }),
    mayChange: ['data', 'catalog'],
  });
  const { data = state.config.chips.data, catalog = state.config.chips.catalog } = given as {
    data?: string;
    catalog?: string;
  };
  state.config.chips = { ...state.config.chips, data, catalog };
  return { tensors, state, file };
}
