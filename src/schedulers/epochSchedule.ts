import { checkNumber } from '../internal/checks.js';
import { stateNumbers } from './stateNumbers.js';
import type { LrScheduler } from './types.js';

/**
 * A schedule that knows how many steps it made and the rate in force, and computes the next rate from the two:
 * `next(epoch, lr)` is the rate of epoch 1, 2, … given that of the epoch before. The rate of epoch 0 is `baseLr`.
 */
export function epochSchedule(
  functionName: string,
  baseLr: number,
  next: (epoch: number, lr: number) => number,
): LrScheduler {
  checkNumber(`${functionName}: baseLr`, baseLr, 0);
  let epoch = 0;
  return {
    lr: baseLr,
    step() {
      epoch++;
      this.lr = next(epoch, this.lr);
    },
    state() {
      return { epoch, lr: this.lr };
    },
    restore(state) {
      [epoch, this.lr] = stateNumbers(functionName, state, ['epoch', 'lr']);
    },
  };
}
