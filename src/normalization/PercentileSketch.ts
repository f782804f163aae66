const MANTISSA_BITS = 9;
const SHIFT = 23 - MANTISSA_BITS;
const HALF = 1 << (SHIFT - 1);

/**
 * Counts of float32 values rounded to nine bits after the leading one, so that any of them is known within
 * 2^-10 (0.1 %) of its size, and integers up to 1024 exactly. At most 2^18 bins whatever the values; merging adds
 * counts, so neither order nor partition matters.
 */
export class PercentileSketch {
  private readonly bins = new Map<number, number>();
  private total = 0;

  /** Counts one value, given as the bits of a finite float32. */
  addBits(bits: number): void {
    const magnitude = ((bits & 0x7fffffff) + HALF) >>> SHIFT;
    const key = bits < 0 ? -magnitude : magnitude;
    this.bins.set(key, (this.bins.get(key) ?? 0) + 1);
    this.total++;
  }

  /** Adds the counts of another sketch. */
  merge(other: PercentileSketch): void {
    this.addBins(other.entries());
  }

  /**
   * The percentile as numpy's `percentile` (linear interpolation), of rounded values limited to [min, max]. An
   * empty sketch gives NaN.
   */
  percentile(percent: number, min: number, max: number): number {
    const position = (percent / 100) * (this.total - 1);
    const below = Math.floor(position);
    let seen = 0;
    let low: number | undefined;
    for (const [key, count] of this.sorted()) {
      seen += count;
      const value = Math.min(Math.max(binCentre(key), min), max);
      if (low === undefined && seen > below) low = value;
      if (low !== undefined && seen > Math.min(below + 1, this.total - 1)) {
        return low + (value - low) * (position - below);
      }
    }
    return Number.NaN;
  }

  /** Key, count, key, count, …, keys ascending. */
  toJSON(): number[] {
    return this.sorted().flat();
  }

  /** Restores what `toJSON` gave. */
  static fromJSON(state: readonly number[]): PercentileSketch {
    const sketch = new PercentileSketch();
    const entries: [number, number][] = [];
    for (let i = 0; i + 1 < state.length; i += 2) entries.push([state[i], state[i + 1]]);
    sketch.addBins(entries);
    return sketch;
  }

  private entries(): Iterable<[number, number]> {
    return this.bins.entries();
  }

  private addBins(entries: Iterable<[number, number]>): void {
    for (const [key, count] of entries) {
      this.bins.set(key, (this.bins.get(key) ?? 0) + count);
      this.total += count;
    }
  }

  private sorted(): [number, number][] {
    return [...this.bins].sort((a, b) => a[0] - b[0]);
  }
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The middle of a bin. */
function binCentre(key: number): number {
  bits[0] = Math.abs(key) << SHIFT;
  return key < 0 ? -float[0] : float[0];
}
