import { checkInteger, checkNumber } from '../internal/checks.js';
import { uniformGenerator } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** How often the units are drawn again. Default 200. */
  resamples?: number;
  /** Share of the resamples whose score lies inside, in (0, 1). Default 0.95. */
  level?: number;
  /** Seed of the draws. Default 0. */
  seed?: number;
}

/** An interval, and what it is about. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * Percentile bootstrap interval of a score over units that were drawn independently, such as chips or scenes: the units
 * are drawn again with replacement, and the score of each such set computed (Efron 1979).
 *
 * @param count number of units.
 * @param score the score of some units, given by their numbers; a unit may be among them more than once.
 * @throws If an option is out of range, or a score is not finite.
 * @example
 * ```ts
 * import { bootstrapInterval, ConfusionMatrix } from 'diffusion-ssl/metrics';
 *
 * const chips = [[0, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 0]];
 * const { low, high } = bootstrapInterval(chips.length, (drawn) => {
 *   const matrix = new ConfusionMatrix(2);
 *   for (const chip of drawn) matrix.add([0, 1, 1], chips[chip]);
 *   return matrix.accuracy();
 * });
 * console.log(low < high); // true
 * ```
 */
export function bootstrapInterval(
  count: number,
  score: (units: Int32Array) => number,
  options: BootstrapOptions = {},
): Interval {
  const name = 'bootstrapInterval';
  const { resamples = 200, level = 0.95, seed = 0 } = options;
  checkInteger(`${name}: count`, count, 1);
  checkInteger(`${name}: resamples`, resamples, 2);
  checkNumber(`${name}: level`, level, Number.MIN_VALUE, 1 - Number.EPSILON);
  const next = uniformGenerator({ seed, stream: randomStreams.bootstrap, step: 0 });
  const scores = Float64Array.from({ length: resamples }, () => {
    const drawn = score(Int32Array.from({ length: count }, () => Math.floor(next() * count)));
    checkNumber(`${name}: score of a resample`, drawn);
    return drawn;
  }).sort();
  return { low: quantile(scores, (1 - level) / 2), high: quantile(scores, (1 + level) / 2) };
}

/** Linear between the two nearest (numpy's default). */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
