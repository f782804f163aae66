import { NO_LABEL } from '../transfer/Task.js';

/** Sums over the pixels that count for something, and of each head over the same. */
interface Sums {
  pixels: number;
  sum: number;
  squares: number;
  heads: { sum: Float64Array; squares: Float64Array; products: Float64Array };
}

/** How a head goes with something. */
export interface HeadCorrelation {
  head: string;
  /** A class, or a band of a raster. */
  of: string;
  /** Pearson's coefficient; NaN where one of the two does not vary. */
  correlation: number;
  /** That both have a value in. */
  pixels: number;
}

/** Pearson's correlation of the map of each head with bands and with classes, over pixels that come in any order. */
export class HeadCorrelations {
  private readonly bands = new Map<string, Sums>();
  /** Over all pixels with a label, and of each class over its own. */
  private readonly labelled: Sums;
  private readonly classes = new Map<number, Sums>();

  constructor(private readonly heads: readonly string[]) {
    this.labelled = emptySums(heads.length);
  }

  /**
   * Takes in pixels.
   *
   * @param maps [pixels, heads]; a pixel that is NaN does not count.
   * @param values One a pixel; NaN does not count.
   */
  add(of: string, maps: ArrayLike<number>, values: ArrayLike<number>): void {
    const sums = this.bands.get(of) ?? emptySums(this.heads.length);
    this.bands.set(of, sums);
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) this.addPixel(sums, maps, i, values[i]);
    }
  }

  /** Takes in pixels of classes; where there is no label, `NO_LABEL`, they do not count. */
  addClasses(maps: ArrayLike<number>, labels: Int32Array): void {
    for (const [i, label] of labels.entries()) {
      if (label === NO_LABEL) continue;
      const own = this.classes.get(label) ?? emptySums(this.heads.length);
      this.classes.set(label, own);
      this.addPixel(own, maps, i, 1);
      this.addPixel(this.labelled, maps, i, 0);
    }
  }

  /** Head by head: bands in the order in which they came, then classes by their labels. */
  results(nameOf: (label: number) => string): HeadCorrelation[] {
    const { pixels, heads } = this.labelled;
    const classes = [...this.classes]
      .sort(([a], [b]) => a - b)
      // Outside of its pixels a class is 0.
      .map(([label, { pixels: own, heads: its }]): [string, Sums] => [
        nameOf(label),
        { pixels, sum: own, squares: own, heads: { ...heads, products: its.sum } },
      ]);
    return this.heads.flatMap((head, k) =>
      [...this.bands, ...classes].map(([of, sums]) => ({
        ...{ head, of, correlation: correlationOf(sums, k), pixels: sums.pixels },
      })),
    );
  }

  private addPixel(sums: Sums, maps: ArrayLike<number>, i: number, value: number): void {
    const count = this.heads.length;
    if (!Number.isFinite(maps[i * count])) return;
    sums.pixels++;
    sums.sum += value;
    sums.squares += value ** 2;
    for (let k = 0; k < count; k++) {
      const own = maps[i * count + k];
      sums.heads.sum[k] += own;
      sums.heads.squares[k] += own ** 2;
      sums.heads.products[k] += own * value;
    }
  }
}

function correlationOf({ pixels, sum, squares, heads }: Sums, k: number): number {
  const both = pixels * heads.products[k] - sum * heads.sum[k];
  const spread = pixels * squares - sum ** 2;
  const own = pixels * heads.squares[k] - heads.sum[k] ** 2;
  // What is left of rounding is no spread.
  const varies = spread > 1e-10 * pixels * squares && own > 1e-10 * pixels * heads.squares[k];
  return varies ? both / Math.sqrt(spread * own) : Number.NaN;
}

function emptySums(heads: number): Sums {
  const zeros = () => new Float64Array(heads);
  return {
    ...{ pixels: 0, sum: 0, squares: 0 },
    heads: { sum: zeros(), squares: zeros(), products: zeros() },
  };
}
