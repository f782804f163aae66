import { saveEpoch } from '../checkpoint/saveEpoch.js';
import { finishRun } from '../results/finishRun.js';
import { saveWeights } from '../results/saveWeights.js';
import { endEpoch } from './endEpoch.js';
import type { Run } from './Run.js';
import { reportConditions, reportLines } from './reportConditions.js';
import { sampleRun } from './sampleRun.js';
import { startRun } from './startRun.js';
import { trainEpoch } from './trainEpoch.js';
import { validate, validationOptions } from './validate.js';
import { withAverage } from './withAverage.js';

/**
 * The loop of a run, from wherever it stands: trains and validates epoch after epoch, then draws samples. What it
 * prints, logs and draws its listeners do (`run.events`).
 *
 * @throws The reason of the run's signal, or an `AbortError`; the state is then one to save.
 */
export async function trainRun(run: Run): Promise<void> {
  const { config, state, events } = run;
  while (state.epoch < config.epochs) {
    const trainLoss = await trainEpoch(run);
    const validationLoss = await withAverage(run, () =>
      validate(run.denoiser, run.data.validate, { ...validationOptions(run), loss: run.loss }),
    );
    const epoch = await endEpoch(run, trainLoss, validationLoss);
    await events.epochEnded(run, epoch);
    // Last, since a run that goes on from one of these writes nothing of the above again.
    await saveEpoch(run, epoch);
    await events.epochSaved(run, epoch);
  }
  await startRun(run);
  const samples = await withAverage(run, async () => {
    await saveWeights(run);
    return sampleRun(run);
  });
  await events.samplesDrawn(run, samples);
  const report = await withAverage(run, () => reportConditions(run));
  for (const line of report ? reportLines(report) : []) events.note(line);
  events.finished(run, await finishRun(run, samples, report));
}
