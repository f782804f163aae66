/** So few are sorted by insertion. */
const FEW = 48;

const DIGITS = 256;

/** Sorts rows of a tree's node by the ranks of their values, in memory of its own. */
export class RankSorter {
  /** What is to be sorted, and what has been. */
  ranks: Uint32Array;
  /** The number of each row. */
  rows: Int32Array;
  private otherRanks: Uint32Array;
  private otherRows: Int32Array;
  private readonly starts = new Uint32Array(DIGITS);

  /** @param size the most rows that there are at once. */
  constructor(size: number) {
    this.ranks = new Uint32Array(size);
    this.rows = new Int32Array(size);
    this.otherRanks = new Uint32Array(size);
    this.otherRows = new Int32Array(size);
  }

  /** Sorts the first `count`, whose ranks are at most `largest`. Both arrays may be others afterwards. */
  sort(count: number, largest: number): void {
    if (count <= FEW) this.insert(count);
    else for (let unit = 1; unit <= largest; unit *= DIGITS) this.sortByDigit(count, unit);
  }

  private insert(count: number): void {
    const { ranks, rows } = this;
    for (let i = 1; i < count; i++) {
      const [rank, row] = [ranks[i], rows[i]];
      let place = i;
      for (; place > 0 && ranks[place - 1] > rank; place--) {
        ranks[place] = ranks[place - 1];
        rows[place] = rows[place - 1];
      }
      ranks[place] = rank;
      rows[place] = row;
    }
  }

  /** Stably by one digit: a pass of radix sort. */
  private sortByDigit(count: number, unit: number): void {
    const { ranks, rows, otherRanks, otherRows, starts } = this;
    const shift = 31 - Math.clz32(unit);
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(ranks[i] >>> shift) & (DIGITS - 1)]++;
    let start = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const own = starts[digit];
      starts[digit] = start;
      start += own;
    }
    for (let i = 0; i < count; i++) {
      const place = starts[(ranks[i] >>> shift) & (DIGITS - 1)]++;
      otherRanks[place] = ranks[i];
      otherRows[place] = rows[i];
    }
    [this.ranks, this.otherRanks] = [otherRanks, ranks];
    [this.rows, this.otherRows] = [otherRows, rows];
  }
}
