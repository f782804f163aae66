import type { ValueStatistics } from './statistics.js';

/** Count, mean, sum of squared deviations, minimum and maximum of values that come in parts. */
export interface Moments {
  count: number;
  mean: number;
  squares: number;
  min: number;
  max: number;
}

/** The moments of nothing; minimum and maximum are 0 until a value comes, so that they can be written as JSON. */
export function emptyMoments(): Moments {
  return { count: 0, mean: 0, squares: 0, min: 0, max: 0 };
}

/**
 * Adds the statistics of further values to `into`.
 *
 * Follows T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
 * variances" (1979).
 */
export function addMoments(into: Moments, part: Omit<ValueStatistics, 'std'>): void {
  if (part.count === 0) return;
  if (into.count === 0) {
    const { count, mean, squares, min, max } = part;
    Object.assign(into, { count, mean, squares, min, max });
    return;
  }
  const count = into.count + part.count;
  const delta = part.mean - into.mean;
  into.mean += (delta * part.count) / count;
  into.squares += part.squares + (delta * delta * into.count * part.count) / count;
  into.count = count;
  into.min = Math.min(into.min, part.min);
  into.max = Math.max(into.max, part.max);
}
