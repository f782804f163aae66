import { argumentError, checkInteger } from '../internal/checks.js';

/** Mean and covariance of a set of feature vectors. */
export interface FeatureMoments {
  /** [dims]. */
  mean: Float64Array;
  /** Row-major [dims, dims], divided by n − 1. */
  covariance: Float64Array;
}

/**
 * Mean and sample covariance of feature vectors, in float64, for {@link frechetDistance}.
 *
 * @param features row-major [samples, dims].
 * @throws If there are fewer than two vectors, or the length is no multiple of `dims`.
 * @example
 * ```ts
 * import { featureMoments } from 'diffusion-ssl/metrics';
 *
 * const { mean, covariance } = featureMoments([0, 0, 2, 4], 2);
 * console.log(mean, covariance); // [1, 2], [2, 4, 4, 8]
 * ```
 */
export function featureMoments(features: ArrayLike<number>, dims: number): FeatureMoments {
  const count = countVectors('featureMoments: features', features, dims);
  const mean = new Float64Array(dims);
  for (let i = 0; i < features.length; i++) mean[i % dims] += features[i] / count;
  const covariance = new Float64Array(dims * dims);
  for (let row = 0; row < count; row++) {
    const centred = mean.map((value, i) => features[row * dims + i] - value);
    for (let i = 0; i < dims; i++) {
      for (let j = 0; j <= i; j++) covariance[i * dims + j] += centred[i] * centred[j];
    }
  }
  for (let i = 0; i < dims; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * dims + j] /= count - 1;
      covariance[j * dims + i] = covariance[i * dims + j];
    }
  }
  return { mean, covariance };
}

/** How many vectors of `dims` numbers there are: at least two. */
export function countVectors(argument: string, features: ArrayLike<number>, dims: number): number {
  checkInteger(`${argument.split(':')[0]}: dims`, dims, 1);
  const count = features.length / dims;
  if (!Number.isInteger(count) || count < 2) {
    throw argumentError(
      `${argument}.length`,
      features.length,
      `a multiple of ${dims} dims, two vectors or more`,
    );
  }
  return count;
}
