import type { Raster } from 'diffusion-ssl/normalization';

/** How far fillings are from what was there. */
export interface FillScores {
  /** Root of the mean squared error of each band, in its unit. */
  rmse: number[];
  /** That of single fillings, where `rmse` is of their mean. */
  rmseOfOne?: number[];
  /** Share of the values that lie within one spread of the mean, and within two. */
  within?: [one: number, two: number];
}

/** Scores fillings, chip by chip, over the pixels of gaps. */
export class FillScore {
  private readonly squares: Float64Array;
  private readonly squaresOfOne: Float64Array;
  private readonly within = [0, 0];
  private pixels = 0;
  private hasSpread = false;

  constructor(private readonly bands: number) {
    this.squares = new Float64Array(bands);
    this.squaresOfOne = new Float64Array(bands);
  }

  /** @param gaps 1 where the filling counts. */
  add(
    truth: Raster,
    gaps: ArrayLike<number>,
    { mean, fillings = [], spread }: { mean: Raster; fillings?: readonly Raster[]; spread?: Raster },
  ): void {
    const { bands } = this;
    this.hasSpread ||= spread !== undefined;
    for (let i = 0; i < truth.data.length; i++) {
      if (gaps[Math.floor(i / bands)] === 0) continue;
      const band = i % bands;
      if (band === 0) this.pixels++;
      const error = Math.abs(mean.data[i] - truth.data[i]);
      this.squares[band] += error ** 2;
      if (!spread) continue;
      for (const { data } of fillings)
        this.squaresOfOne[band] += (data[i] - truth.data[i]) ** 2 / fillings.length;
      for (const k of [0, 1]) if (error <= (k + 1) * spread.data[i]) this.within[k]++;
    }
  }

  result(): FillScores {
    const roots = (squares: Float64Array) => Array.from(squares, (square) => Math.sqrt(square / this.pixels));
    const [one, two] = this.within.map((count) => count / (this.pixels * this.bands));
    return {
      rmse: roots(this.squares),
      ...(this.hasSpread && { rmseOfOne: roots(this.squaresOfOne), within: [one, two] }),
    };
  }
}
