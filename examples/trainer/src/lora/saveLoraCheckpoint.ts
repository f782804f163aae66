import { writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { LATEST } from '../checkpoint/checkpointNames.js';
import type { LoraRun } from './LoraRun.js';

/** Writes a checkpoint of where an adaptation stands. */
export async function saveLoraCheckpoint(run: LoraRun): Promise<void> {
  const { folder, parameters, optimizer, ema, state, subject } = run;
  state.contents = subject.contents();
  await writeCheckpoint(folderFiles(folder), LATEST, { parameters, optimizer, ema }, state);
  run.unsaved = false;
}
