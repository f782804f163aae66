import { saveModel } from '../results/saveModel.js';
import type { EpochRecord } from '../run/epochRecords.js';
import type { Run } from '../run/Run.js';
import { BEST, LATEST } from './checkpointNames.js';
import { saveCheckpoint } from './saveCheckpoint.js';

/** Writes what an epoch leaves: the checkpoint to keep, the model and the checkpoint of the best, the latest. */
export async function saveEpoch(run: Run, { epoch, bestEpoch }: EpochRecord): Promise<void> {
  const { checkpointInterval } = run.config;
  if (checkpointInterval > 0 && epoch % checkpointInterval === 0)
    await saveCheckpoint(run, `epoch-${epoch}.safetensors`);
  if (epoch === bestEpoch) {
    await saveModel(run);
    await saveCheckpoint(run, BEST);
  }
  await saveCheckpoint(run, LATEST);
}
