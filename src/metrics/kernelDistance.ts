import { checkNumber } from '../internal/checks.js';
import { countVectors } from './featureMoments.js';

/** Options of {@link kernelDistance}. */
export interface KernelDistanceOptions {
  /** Power of the kernel. Default 3. */
  degree?: number;
  /** Factor of the scalar product. Default 1 / dims. */
  gamma?: number;
  /** What is added to it. Default 1. */
  coef?: number;
}

/**
 * Squared maximum mean discrepancy of two sets of feature vectors under the kernel (γ x·y + c)^d, the estimate without
 * bias, which may be below 0: of Inception features the KID of Bińkowski et al. 2018. Costs samples² · dims.
 *
 * @param a row-major [samples, dims].
 * @param b the other set; it may have another number of samples.
 * @throws If a set has fewer than two vectors, a length is no multiple of `dims` or an option is not finite.
 * @example
 * ```ts
 * import { kernelDistance } from 'diffusion-ssl/metrics';
 *
 * console.log(kernelDistance([0, 1], [3, 4], 1)); // 1 + 2197 − 2 · (1 + 1 + 64 + 125) / 4 = 2102.5
 * ```
 */
export function kernelDistance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  dims: number,
  options: KernelDistanceOptions = {},
): number {
  const name = 'kernelDistance';
  const counts = [countVectors(`${name}: a`, a, dims), countVectors(`${name}: b`, b, dims)];
  const { degree = 3, gamma = 1 / dims, coef = 1 } = options;
  for (const [key, value] of Object.entries({ degree, gamma, coef })) checkNumber(`${name}: ${key}`, value);
  const sum = (x: ArrayLike<number>, y: ArrayLike<number>, withDiagonal: boolean) => {
    let total = 0;
    for (let i = 0; i < x.length; i += dims) {
      for (let j = 0; j < y.length; j += dims) {
        if (i === j && !withDiagonal) continue;
        let product = 0;
        for (let k = 0; k < dims; k++) product += x[i + k] * y[j + k];
        total += (gamma * product + coef) ** degree;
      }
    }
    return total;
  };
  const [m, n] = counts;
  return (
    sum(a, a, false) / (m * (m - 1)) + sum(b, b, false) / (n * (n - 1)) - (2 * sum(a, b, true)) / (m * n)
  );
}
