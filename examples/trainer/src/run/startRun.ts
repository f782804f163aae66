import { writeStatistics } from '../data/chipStatistics.js';
import type { Run } from './Run.js';

/**
 * Lets a run write into its folder: before its first step, or what comes in its place, so that one that is stopped
 * earlier leaves nothing. Once; after that it does nothing.
 */
export async function startRun(run: Run): Promise<void> {
  if (run.isStarted) return;
  await writeStatistics(run.folder, await run.data.statistics());
  await run.events.started(run);
  run.isStarted = true;
}
