import { writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { LATEST } from '../checkpoint/checkpointNames.js';
import type { TuneRun } from './TuneRun.js';

/** Writes a checkpoint of where a fine-tuning stands. */
export async function saveTuneCheckpoint(run: TuneRun): Promise<void> {
  const { folder, tuning, ema, state } = run;
  const { parameters, optimizer } = tuning;
  await writeCheckpoint(folderFiles(folder), LATEST, { parameters, optimizer, ema }, state);
  run.unsaved = false;
}
