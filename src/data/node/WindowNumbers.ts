import { checkInteger } from '../../internal/checks.js';

/** Numbers the windows of all rows, those of one row after those of the row before. */
export class WindowNumbers {
  private readonly ends: Float64Array;

  /** @param counts Windows of each row. */
  constructor(counts: ArrayLike<number>) {
    let end = 0;
    this.ends = Float64Array.from(counts, (count) => {
      end += count;
      return end;
    });
    // Each has a stream of random numbers of its own.
    checkInteger('createChipLoader: number of windows', end, 0, 2 ** 31 - 1);
  }

  /** Number of all windows. */
  get length(): number {
    return this.ends.at(-1) ?? 0;
  }

  /** The row of a window, and which of the row's windows it is. */
  find(index: number): { row: number; number: number } {
    let [row, end] = [0, this.ends.length - 1];
    while (row < end) {
      const middle = Math.floor((row + end) / 2);
      if (this.ends[middle] > index) end = middle;
      else row = middle + 1;
    }
    return { row, number: index - (row === 0 ? 0 : this.ends[row - 1]) };
  }
}
