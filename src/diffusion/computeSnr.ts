import { checkNumber } from '../internal/checks.js';

/**
 * Signal-to-noise ratio of every timestep: ᾱ_t / (1 − ᾱ_t) (diffusers' `compute_snr`), in float64.
 *
 * @param alphaBars T values in [0, 1].
 * @returns T ratios of variances, without unit; `Infinity` where ᾱ is 1.
 * @throws If a value is not in [0, 1].
 * @example
 * ```ts
 * import { computeSnr } from 'diffusion-ssl/diffusion';
 *
 * console.log(computeSnr([0.75, 0.5])); // 3, 1
 * ```
 */
export function computeSnr(alphaBars: ArrayLike<number>): Float64Array {
  return Float64Array.from(alphaBars, (alphaBar, i) => {
    checkNumber(`computeSnr: alphaBars[${i}]`, alphaBar, 0, 1);
    return alphaBar / (1 - alphaBar);
  });
}
