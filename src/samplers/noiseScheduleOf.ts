import { inFunction } from '../internal/inFunction.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { vpSchedule } from './vpSchedule.js';

/** The schedule that a sampler over noise levels is given: one of its own, or ᾱ of each timestep. */
export function noiseScheduleOf(
  functionName: string,
  schedule: ArrayLike<number> | NoiseSchedule,
): NoiseSchedule {
  return 'levels' in schedule ? schedule : inFunction(functionName, () => vpSchedule(schedule));
}
