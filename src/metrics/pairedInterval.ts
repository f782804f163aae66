import { argumentError, checkNumber } from '../internal/checks.js';
import type { Interval } from './bootstrapInterval.js';
import { studentQuantile } from './studentQuantile.js';

/** Options of {@link pairedInterval}. */
export interface PairedIntervalOptions {
  /** How surely the interval holds the true mean difference, in (0, 1). Default 0.95. */
  level?: number;
}

/** Mean difference of pairs with its interval. */
export interface PairedInterval extends Interval {
  mean: number;
}

/**
 * Mean difference of two methods that were tried on the same seeds, with its t-interval: the mean of a − b, plus and
 * minus Student's quantile times its standard error (Student 1908). Above 0 as a whole, `a` is better.
 *
 * @param a scores of one method.
 * @param b scores of the other, in the same order.
 * @throws If there are fewer than two pairs, the lengths differ, a score is not finite or the level not in (0, 1).
 * @example
 * ```ts
 * import { pairedInterval } from 'diffusion-ssl/metrics';
 *
 * const { mean, low, high } = pairedInterval([0.33, 0.35, 0.31], [0.3, 0.31, 0.29]);
 * console.log(mean, low, high); // 0.03, 0.005, 0.055
 * ```
 */
export function pairedInterval(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: PairedIntervalOptions = {},
): PairedInterval {
  const name = 'pairedInterval';
  const { level = 0.95 } = options;
  checkNumber(`${name}: level`, level, Number.MIN_VALUE, 1 - Number.EPSILON);
  if (a.length < 2) throw argumentError(`${name}: a.length`, a.length, 'at least 2');
  if (b.length !== a.length) throw argumentError(`${name}: b.length`, b.length, `${a.length} as a's`);
  const differences = Float64Array.from(a, (score, i) => {
    checkNumber(`${name}: a[${i}]`, score);
    checkNumber(`${name}: b[${i}]`, b[i]);
    return score - b[i];
  });
  const count = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const reach = studentQuantile((1 + level) / 2, count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - reach, high: mean + reach };
}
