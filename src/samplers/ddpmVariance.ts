import { checkOneOf } from '../internal/checks.js';
import { alphaBarPair } from './alphaBarPair.js';

/**
 * Variance of the noise that DDPM adds in a reverse step: `'fixed_small'` is that of the forward process' posterior
 * given x0, `'fixed_large'` that of the forward step itself (Ho et al. 2020, section 3.2; diffusers' names).
 * `'fixed_small_log'` is `'fixed_small'` under the name that diffusers keeps for computing it by its logarithm.
 */
export type DdpmVarianceType = 'fixed_small' | 'fixed_small_log' | 'fixed_large';

/** Options of {@link ddpmVariance}. */
export interface DdpmVarianceOptions {
  /** Timestep to step to, from −1 (the clean image) to t − 1. Default t − 1. */
  previousT?: number;
  /** Whether ᾱ of the clean image (`previousT` −1) is 1 rather than ᾱ₀. Default true. */
  setAlphaToOne?: boolean;
  /** Which of the two variances. Default `'fixed_small'`. */
  variance?: DdpmVarianceType;
}

/**
 * Variance of the noise of DDPM's reverse step from `t` to `previousT`, in float64.
 *
 * With β = 1 − ᾱ_t / ᾱ_previous: (1 − ᾱ_previous) / (1 − ᾱ_t) · β for `'fixed_small'` (0 for the step to the clean
 * image, where diffusers keeps 1e-20), β for `'fixed_large'`.
 *
 * @param t 0-based timestep.
 * @param alphaBars ᾱ of the schedule, descending.
 * @throws If a timestep is out of range, an ᾱ is not in [0, 1] or rises, or the variance's name is unknown.
 * @example
 * ```ts
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { ddpmVariance } from 'diffusion-ssl/samplers';
 *
 * const betas = makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 });
 * console.log(ddpmVariance(487, computeAlphaSchedule(betas).alphaBars)); // 0.00979
 * ```
 */
export function ddpmVariance(
  t: number,
  alphaBars: ArrayLike<number>,
  options: DdpmVarianceOptions = {},
): number {
  const { previousT = t - 1, variance = 'fixed_small', setAlphaToOne } = options;
  checkOneOf('ddpmVariance', 'variance', variance, ['fixed_small', 'fixed_small_log', 'fixed_large']);
  const { alphaBar, previousAlphaBar } = alphaBarPair('ddpmVariance', alphaBars, t, previousT, setAlphaToOne);
  const beta = 1 - alphaBar / previousAlphaBar;
  return variance === 'fixed_large' ? beta : ((1 - previousAlphaBar) / (1 - alphaBar)) * beta;
}
