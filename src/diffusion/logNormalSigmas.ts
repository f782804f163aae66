import { checkInteger, checkNumber } from '../internal/checks.js';
import { type RandomKey, randomNormal } from '../internal/philox.js';

/** Options of {@link logNormalSigmas}. */
export interface LogNormalSigmasOptions {
  /** Mean of ln σ. Default −1.2. */
  mean?: number;
  /** Standard deviation of ln σ. Default 1.2. */
  deviation?: number;
}

/**
 * Noise levels for a batch of EDM training: ln σ is normal (Karras et al. 2022, table 1), so that most lie where a
 * network has something to learn.
 *
 * @param count How many.
 * @param key Seed, stream and step that name the draw.
 * @returns As many σ above 0.
 * @throws {ConfigError} If an argument is out of range.
 * @example
 * ```ts
 * import { logNormalSigmas } from 'diffusion-ssl/diffusion';
 *
 * console.log(logNormalSigmas(4, { seed: 1, stream: 0, step: 7 }).length); // 4
 * ```
 */
export function logNormalSigmas(
  count: number,
  key: RandomKey,
  options: LogNormalSigmasOptions = {},
): Float64Array {
  const { mean = -1.2, deviation = 1.2 } = options;
  checkInteger('logNormalSigmas: count', count, 0);
  checkNumber('logNormalSigmas: mean', mean);
  checkNumber('logNormalSigmas: deviation', deviation, 0);
  return Float64Array.from(randomNormal(count, key), (normal) => Math.exp(mean + deviation * normal));
}
