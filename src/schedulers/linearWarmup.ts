import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { stateNumbers } from './stateNumbers.js';
import type { LrScheduler } from './types.js';

/** Options of {@link linearWarmup}. */
export interface LinearWarmupOptions {
  /** Number of epochs of warm-up, at least 0; 0 leaves the schedule alone. */
  period: number;
  /** Rate that the warm-up rises to. Default: the schedule's rate when it is wrapped. */
  baseLr?: number;
}

/**
 * Linear warm-up in front of a schedule (eofm-tutorial's `warmup_period`).
 *
 * In epoch e < period the rate is baseLr · (0.1 + 0.9 · (e + 1) / period). The schedule is stepped in those epochs too
 * and its rate overwritten, so at e = period a recursive one goes on from baseLr and one in closed form jumps to its
 * own curve.
 *
 * @param schedule the schedule to wrap, not yet stepped; step only the wrapper from then on.
 * @throws If `period` is not an integer of at least 0, or `baseLr` is negative or not finite.
 * @example
 * ```ts
 * import { constant, linearWarmup } from 'diffusion-ssl/schedulers';
 *
 * const schedule = linearWarmup(constant(1), { period: 2 });
 * console.log(schedule.lr); // 0.55
 * schedule.step();
 * console.log(schedule.lr); // 1
 * ```
 */
export function linearWarmup(schedule: LrScheduler, options: LinearWarmupOptions): LrScheduler {
  const { period, baseLr = schedule.lr } = options;
  checkInteger('linearWarmup: period', period, 0);
  checkNumber('linearWarmup: baseLr', baseLr, 0);
  let epoch = 0;
  const warm = () => {
    if (epoch < period) schedule.lr = baseLr / 10 + ((baseLr - baseLr / 10) * (epoch + 1)) / period;
  };
  warm();
  return {
    get lr() {
      return schedule.lr;
    },
    set lr(value) {
      schedule.lr = value;
    },
    get momentum() {
      return schedule.momentum;
    },
    step(metric) {
      schedule.step(metric);
      epoch++;
      warm();
    },
    state() {
      return { epoch, schedule: schedule.state() };
    },
    restore(state) {
      const [restoredEpoch] = stateNumbers('linearWarmup', state, ['epoch']);
      if (typeof state.schedule !== 'object') {
        throw argumentError('linearWarmup: state.schedule', state.schedule, "the wrapped schedule's state");
      }
      schedule.restore(state.schedule);
      epoch = restoredEpoch;
    },
  };
}
