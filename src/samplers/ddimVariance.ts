import { alphaBarPair } from './alphaBarPair.js';

/** Options of {@link ddimVariance}. */
export interface DdimVarianceOptions {
  /** Timestep to step to, from −1 (the clean image) to t − 1. Default t − 1. */
  previousT?: number;
  /** Whether ᾱ of the clean image (`previousT` −1) is 1 rather than ᾱ₀. Default true. */
  setAlphaToOne?: boolean;
}

/**
 * Variance of the noise of DDIM's reverse step from `t` to `previousT` at η = 1, in float64 (Song et al. 2021,
 * equation 16): (1 − ᾱ_previous) / (1 − ᾱ_t) · (1 − ᾱ_t / ᾱ_previous). At another η it is η² times that.
 *
 * @param t 0-based timestep.
 * @param alphaBars ᾱ of the schedule, descending.
 * @throws If a timestep is out of range, or an ᾱ is not in [0, 1] or rises.
 * @example
 * ```ts
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { ddimVariance } from 'diffusion-ssl/samplers';
 *
 * const betas = makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 });
 * console.log(ddimVariance(420, computeAlphaSchedule(betas).alphaBars, { previousT: 400 })); // 0.14772
 * ```
 */
export function ddimVariance(
  t: number,
  alphaBars: ArrayLike<number>,
  options: DdimVarianceOptions = {},
): number {
  const { alphaBar, previousAlphaBar } = alphaBarPair(
    'ddimVariance',
    alphaBars,
    t,
    options.previousT ?? t - 1,
    options.setAlphaToOne,
  );
  return ((1 - previousAlphaBar) / (1 - alphaBar)) * (1 - alphaBar / previousAlphaBar);
}
