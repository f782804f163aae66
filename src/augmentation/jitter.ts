import { argumentError, checkNumber } from '../internal/checks.js';
import { type RandomKey, randomNormal } from '../internal/philox.js';
import { type AugmentationSample, checkLimits, limit, mapValues, type ValueLimits } from './sample.js';

/** Options of {@link jitter}. */
export interface JitterOptions {
  /** Bounds of the result; default [1e-4, Infinity], as in the tutorial. */
  limits?: ValueLimits;
}

/**
 * Adds Gaussian noise to every value of the image. Label and mask stay.
 *
 * Follows `br_jitter` of the ClarkCGA eofm-tutorial, which limits the result from below to 1e-4.
 *
 * @param sigma Standard deviation of the noise, such as 0.03 to 0.07 for an image in [0, 1].
 * @param noise Names the random numbers, or gives standard normals, one a value of the image.
 * @returns A new sample; the given one is not changed.
 * @throws If `sigma` is negative or not finite, or the number of normals is not that of the values.
 * @example
 * import { jitter } from 'diffusion-ssl/augmentation';
 * const image = { height: 1, width: 2, channels: 1, data: new Float32Array([0.5, 0.5]) };
 * console.log(jitter({ image }, 0.05, { seed: 1, stream: 2, step: 0 }).image.data);
 */
export function jitter(
  sample: AugmentationSample,
  sigma: number,
  noise: RandomKey | ArrayLike<number>,
  { limits = [1e-4, Number.POSITIVE_INFINITY] }: JitterOptions = {},
): AugmentationSample {
  checkNumber('jitter: sigma', sigma, 0);
  checkLimits('jitter', limits);
  const count = sample.image.data.length;
  const normals = 'seed' in noise ? randomNormal(count, noise) : noise;
  if (normals.length !== count)
    throw argumentError('jitter: noise.length', normals.length, `the image's ${count}`);
  return mapValues(sample, (value, i) => limit(value + sigma * normals[i], limits));
}
