import type { RunState } from '../checkpoint/RunState.js';

/** One epoch, as it is logged; epochs count from 1. */
export interface EpochRecord {
  epoch: number;
  step: number;
  trainLoss: number;
  validationLoss: number;
  learningRate: number;
  bestEpoch: number;
  imagesPerSecond: number;
  seconds: number;
}

/** The finished epochs of a run, from its history; none where a checkpoint is from before all of this was in it. */
export function epochRecords({ history }: RunState): EpochRecord[] {
  let best = 0;
  return history.flatMap(({ step, learningRate, seconds, trainLoss, validationLoss, imagesPerSecond }, i) => {
    if (validationLoss < history[best].validationLoss) best = i;
    if (step === undefined || learningRate === undefined || seconds === undefined) return [];
    const losses = { trainLoss, validationLoss };
    return [{ epoch: i + 1, step, ...losses, learningRate, bestEpoch: best + 1, imagesPerSecond, seconds }];
  });
}
