import { LATEST } from '../checkpoint/checkpointNames.js';
import { saveCheckpoint } from '../checkpoint/saveCheckpoint.js';
import type { RunBatch } from '../conditions/ConditionedLoader.js';
import { turn } from '../stopping/turn.js';
import { makeStep } from './makeStep.js';
import type { Run } from './Run.js';

/**
 * Trains to the end of the epoch in progress, from wherever it stands.
 *
 * @returns The mean of the training losses of its steps.
 * @throws The reason of the run's signal, between two steps.
 */
export async function trainEpoch(run: Run): Promise<number> {
  const { config, state, data } = run;
  const { batchesPerEpoch } = data.train;
  const begun = performance.now() - 1000 * state.epochSeconds;
  let chips: RunBatch[] = [];
  const batches = data.train.epoch(state.epoch, { startBatch: state.nextBatch });
  for await (const batch of countWaits(batches, run)) {
    chips.push(batch);
    data.skipped.add(batch.skipped);
    const isLast = batch.batch + 1 === batchesPerEpoch;
    if (chips.length < config.accumulate && !isLast) continue;
    await makeStep(run, chips);
    chips = [];
    state.nextBatch = batch.batch + 1;
    state.seconds = (performance.now() - run.beginning) / 1000;
    state.epochSeconds = (performance.now() - begun) / 1000;
    // The end of an epoch is saved once it is validated and drawn.
    if (!isLast && state.step % run.checkpointSteps === 0) await saveCheckpoint(run, LATEST);
    await turn(run.signal);
  }
  const windows = config.windows ? batchesPerEpoch * config.batch : 0;
  if (state.epochImages < windows) {
    run.events.note(
      `${windows - state.epochImages} of ${windows} windows were left out: too much of them is missing (--max-missing)`,
    );
  }
  const { sum, count } = state.epochLoss;
  if (count === 0) throw new Error('No training chip has a valid pixel.');
  return sum / count;
}

/**
 * The same batches; the time until each arrives is added to what the epoch has waited. Where one cannot be read, or
 * holds chips that have changed, the run is saved as it stands before the error goes on.
 */
async function* countWaits(batches: AsyncIterable<RunBatch>, run: Run): AsyncIterable<RunBatch> {
  let since = performance.now();
  try {
    for await (const batch of batches) {
      run.data.contents.train.check();
      run.state.epochWaitSeconds += (performance.now() - since) / 1000;
      yield batch;
      since = performance.now();
    }
  } catch (error) {
    if (run.unsaved && !run.signal?.aborted) await saveCheckpoint(run, LATEST);
    throw error;
  }
}
