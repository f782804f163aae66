import { alphaBarsOf as ofDiffusion } from '../../trainer/src/model/alphaBarsOf.js';
import type { ScheduleSettings } from './types.js';

/** ᾱ of each timestep of a schedule. */
export function alphaBarsOf({ type: schedule, ...options }: ScheduleSettings): Float64Array {
  return ofDiffusion({ schedule, ...options });
}
