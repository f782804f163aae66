import { argumentError } from '../internal/checks.js';
import { symmetricEigen } from '../internal/symmetricEigen.js';
import type { FeatureMoments } from './featureMoments.js';

/**
 * Fréchet distance |μa − μb|² + tr(Σa + Σb − 2 (Σa Σb)^½) of two Gaussians, at least 0: with the moments of Inception
 * features the FID of Heusel et al. 2017, with those of any other features the same of these.
 *
 * The root's trace is taken from the eigenvalues of Σa^½ Σb Σa^½, so covariances of fewer samples than dimensions are
 * no trouble.
 *
 * @throws If the two have different dimensions, or hold what is not finite.
 * @example
 * ```ts
 * import { featureMoments, frechetDistance } from 'diffusion-ssl/metrics';
 *
 * const a = featureMoments([-1, 1], 1);
 * const b = featureMoments([2, 4], 1);
 * console.log(frechetDistance(a, b)); // 9: the variances are equal
 * ```
 */
export function frechetDistance(a: FeatureMoments, b: FeatureMoments): number {
  const dims = a.mean.length;
  for (const [argument, { mean, covariance }] of Object.entries({ a, b })) {
    if (mean.length !== dims || covariance.length !== dims * dims) {
      const shapes = `[${mean.length}] and [${covariance.length}]`;
      throw argumentError(`frechetDistance: ${argument}`, shapes, `a mean [${dims}] and [${dims}, ${dims}]`);
    }
    if (![...mean, ...covariance].every(Number.isFinite)) {
      throw argumentError(`frechetDistance: ${argument}`, 'not finite', 'finite numbers');
    }
  }
  const { values, vectors } = symmetricEigen(a.covariance, dims);
  // The rows of Σa^½ in its own basis: a symmetric root is the same up to a rotation, which eigenvalues do not see.
  const root = vectors.map((value, i) => value * Math.sqrt(Math.max(values[Math.floor(i / dims)], 0)));
  const product = times(times(root, b.covariance, dims), transposed(root, dims), dims);
  const inner = symmetricEigen(product, dims).values;
  const rootTrace = inner.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  let distance = -2 * rootTrace;
  for (let i = 0; i < dims; i++) {
    distance += (a.mean[i] - b.mean[i]) ** 2 + a.covariance[i * dims + i] + b.covariance[i * dims + i];
  }
  return Math.max(distance, 0);
}

function transposed(a: Float64Array, n: number): Float64Array {
  return a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]);
}

function times(a: Float64Array, b: ArrayLike<number>, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) product[i * n + j] += factor * b[k * n + j];
    }
  }
  return product;
}
