import { checkInteger, checkNumber } from '../internal/checks.js';

/** What {@link computeAlphaSchedule} returns: two float64 vectors of the schedule's length T. */
export interface AlphaSchedule {
  /** α_t = 1 − β_t. */
  alphas: Float64Array;
  /** ᾱ_t = α_0 · … · α_t: the share of the clean image's variance left at timestep t. ᾱ before t = 0 is 1. */
  alphaBars: Float64Array;
}

/**
 * α and the running product ᾱ of a beta schedule, in float64 (Ho et al. 2020, equation 4).
 *
 * @param betas T values in [0, 1].
 * @throws If `betas` is empty or holds a value outside [0, 1].
 * @example
 * ```ts
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * console.log(alphaBars[999]); // 4.2e-5
 * ```
 */
export function computeAlphaSchedule(betas: ArrayLike<number>): AlphaSchedule {
  checkInteger('computeAlphaSchedule: betas.length', betas.length, 1);
  const alphas = new Float64Array(betas.length);
  const alphaBars = new Float64Array(betas.length);
  let product = 1;
  for (let i = 0; i < betas.length; i++) {
    checkNumber(`computeAlphaSchedule: betas[${i}]`, betas[i], 0, 1);
    alphas[i] = 1 - betas[i];
    product *= alphas[i];
    alphaBars[i] = product;
  }
  return { alphas, alphaBars };
}
