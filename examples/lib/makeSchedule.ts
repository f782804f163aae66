import { constant, cosineAnnealing, type LrScheduler, linearWarmup } from 'diffusion-ssl/schedulers';
import type { PretrainConfig } from './pretrainOptions.js';

/** The learning rate of each step: cosine or constant over the run, behind a linear warm-up. */
export function makeSchedule(
  { scheduler, learningRate, epochs, warmup }: PretrainConfig,
  stepsPerEpoch: number,
): LrScheduler {
  const schedule =
    scheduler === 'cosine'
      ? cosineAnnealing(learningRate, { tMax: epochs * stepsPerEpoch })
      : constant(learningRate);
  const period = Math.round(warmup * stepsPerEpoch);
  return period > 0 ? linearWarmup(schedule, { period }) : schedule;
}
