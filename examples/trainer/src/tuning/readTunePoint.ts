import path from 'node:path';
import { z } from 'zod';
import { LATEST } from '../checkpoint/checkpointNames.js';
import { readSavedRun, type SavedRun } from '../checkpoint/readSavedRun.js';
import type { TuneConfig } from './TuneConfig.js';
import type { TuneState } from './TuneState.js';

/** A checkpoint of fine-tuning to go on from; open until the run is made. */
export type TunePoint = SavedRun<TuneState>;

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
export function readTunePoint(folder: string, given: Partial<TuneConfig>): Promise<TunePoint> {
  return readSavedRun<TuneState>(folder, given, {
    ...{ what: 'fine-tuning', file: path.join(folder, LATEST), schema: tuneState },
    optionsOf: ({ config }) => config as unknown as Record<string, unknown>,
    mayChange: ['model', 'data', 'catalog', 'labels'],
  });
}
