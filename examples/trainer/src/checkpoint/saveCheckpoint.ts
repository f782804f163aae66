import { writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { Run } from '../run/Run.js';
import { checkpointFile, LATEST } from './checkpointNames.js';

/** Messages about skipped chips that a checkpoint holds, at most. */
const MOST_SKIPPED = 1000;

/** Writes a checkpoint of where the run stands. */
export async function saveCheckpoint(run: Run, name: string): Promise<void> {
  const { folder, data, parameters, optimizer, ema, schedule, state } = run;
  state.schedule = schedule.state();
  state.skipped = data.skipped.first(MOST_SKIPPED);
  state.contents = {
    train: String(data.contents.train),
    validate: String(data.contents.validate),
  };
  await writeCheckpoint(folderFiles(folder), name, { parameters, optimizer, ema }, state);
  if (name === LATEST) run.unsaved = false;
  await run.events.checkpointSaved(run, checkpointFile(folder, name));
}
