import { argumentError, checkInteger } from '../internal/checks.js';

/** How the values of a band differ between two sets of images. */
export interface BandDistance {
  /**
   * Wasserstein-1 distance of the two distributions, in the band's unit: how far values must move on average for the
   * one to become the other.
   */
  wasserstein: number;
  /** Share that the two histograms have in common, over the range of both: 1 for equal ones. */
  overlap: number;
}

/** Options of {@link bandDistances}. */
export interface BandDistancesOptions {
  /** Bins of the histograms that `overlap` is of. Default 32. */
  bins?: number;
}

/**
 * How the values of each band differ between two sets of images, such as samples and held-out chips, whatever place
 * they stand at. NaN is left out.
 *
 * @param a row-major [pixels, bands], of all images one after the other.
 * @param b the other set; it may have another number of pixels.
 * @returns One distance a band.
 * @throws If a length is no multiple of `bands`, or a band has no value or an infinite one.
 * @example
 * ```ts
 * import { bandDistances } from 'diffusion-ssl/metrics';
 *
 * const [red, green] = bandDistances([0, 5, 2, 5], [1, 5, 3, 5], 2);
 * console.log(red.wasserstein, green.wasserstein, green.overlap); // 1, 0, 1
 * ```
 */
export function bandDistances(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  bands: number,
  options: BandDistancesOptions = {},
): BandDistance[] {
  const { bins = 32 } = options;
  checkInteger('bandDistances: bands', bands, 1);
  checkInteger('bandDistances: bins', bins, 1);
  return Array.from({ length: bands }, (_, band) => {
    const [x, y] = [sorted('a', a, bands, band), sorted('b', b, bands, band)];
    return { wasserstein: wasserstein(x, y), overlap: overlap(x, y, bins) };
  });
}

function sorted(name: string, values: ArrayLike<number>, bands: number, band: number): Float64Array {
  if (values.length % bands !== 0) {
    throw argumentError(`bandDistances: ${name}.length`, values.length, `a multiple of ${bands} bands`);
  }
  const column = Float64Array.from({ length: values.length / bands }, (_, i) => values[i * bands + band]);
  const present = column.filter((value) => !Number.isNaN(value)).sort();
  const { length } = present;
  if (length === 0 || !Number.isFinite(present[0]) || !Number.isFinite(present[length - 1])) {
    const received = length === 0 ? 'without a value' : 'with infinite values';
    throw argumentError(`bandDistances: band ${band} of ${name}`, received, 'of finite values');
  }
  return present;
}

/** The area between the two quantile functions, which are steps. */
function wasserstein(x: Float64Array, y: Float64Array): number {
  let [i, j, at, area] = [0, 0, 0, 0];
  while (i < x.length && j < y.length) {
    const [toX, toY] = [(i + 1) / x.length, (j + 1) / y.length];
    const to = Math.min(toX, toY);
    area += (to - at) * Math.abs(x[i] - y[j]);
    at = to;
    if (toX <= to) i++;
    if (toY <= to) j++;
  }
  return area;
}

function overlap(x: Float64Array, y: Float64Array, bins: number): number {
  const [from, to] = [Math.min(x[0], y[0]), Math.max(x[x.length - 1], y[y.length - 1])];
  const shares = (values: Float64Array) => {
    const counts = new Float64Array(bins);
    const scale = to > from ? bins / (to - from) : 0;
    for (const value of values) {
      counts[Math.min(bins - 1, Math.floor((value - from) * scale))] += 1 / values.length;
    }
    return counts;
  };
  const other = shares(y);
  return shares(x).reduce((sum, share, bin) => sum + Math.min(share, other[bin]), 0);
}
