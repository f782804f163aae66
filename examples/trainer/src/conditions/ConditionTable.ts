/**
 * Values of conditions, row by row: of a class its index, or their number for none; of a number itself, or NaN; of an
 * image NaN, since it is read with the chip.
 */
export class ConditionTable {
  private readonly values: number[] = [];

  constructor(private readonly width: number) {}

  /** Number of rows. */
  get length(): number {
    return this.values.length / this.width;
  }

  /** Adds a row: a value a condition. */
  push(row: readonly number[]): void {
    this.values.push(...row);
  }

  /** The values of a row. */
  at(row: number): number[] {
    return this.values.slice(row * this.width, (row + 1) * this.width);
  }
}
