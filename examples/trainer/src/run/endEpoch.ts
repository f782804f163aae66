import { type EpochRecord, epochRecords } from './epochRecords.js';
import type { Run } from './Run.js';
import { startRun } from './startRun.js';

/** Takes a validated epoch into the history of the run, which stands at the beginning of the next one then. */
export async function endEpoch(run: Run, trainLoss: number, validationLoss: number): Promise<EpochRecord> {
  const { state, schedule } = run;
  if (!Number.isFinite(validationLoss)) {
    throw new Error(
      `The validation loss of epoch ${state.epoch + 1} is ${validationLoss}; ` +
        '--resume goes on from the last checkpoint. ' +
        'Check the chips for extreme values, or lower --learning-rate.',
    );
  }
  await startRun(run);
  if (run.scheduleUnit === 'epoch') schedule.step(validationLoss);
  run.unsaved = true;
  const { step, learningRate, epochImages, epochWaitSeconds, epochSeconds: seconds } = state;
  state.history.push({
    ...{
      trainLoss,
      validationLoss,
      imagesPerSecond: epochImages / seconds,
      waitShare: epochWaitSeconds / seconds,
    },
    ...{ step, learningRate, seconds },
  });
  state.seconds = (performance.now() - run.beginning) / 1000;
  Object.assign(state, {
    epoch: state.epoch + 1,
    nextBatch: 0,
    epochLoss: { sum: 0, count: 0 },
    epochImages: 0,
    epochSeconds: 0,
    epochWaitSeconds: 0,
  });
  return epochRecords(state).at(-1)!;
}
