import { epochSchedule } from './epochSchedule.js';
import type { LrScheduler } from './types.js';

/**
 * A rate that never changes by itself: eofm-tutorial's scheduler `none`.
 *
 * @param baseLr the rate, at least 0.
 * @throws If `baseLr` is negative or not finite.
 * @example
 * ```ts
 * import { constant } from 'diffusion-ssl/schedulers';
 *
 * const schedule = constant(2e-4);
 * schedule.step();
 * console.log(schedule.lr); // 0.0002
 * ```
 */
export function constant(baseLr: number): LrScheduler {
  return epochSchedule('constant', baseLr, (_epoch, lr) => lr);
}
