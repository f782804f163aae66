import { argumentError, checkInteger } from '../internal/checks.js';
import { computeAlphaSchedule } from './computeAlphaSchedule.js';

/**
 * Shifts and scales a schedule so that its last ᾱ is exactly 0 and its first is unchanged (Lin et al. 2024, "Common
 * diffusion noise schedules and sample steps are flawed", algorithm 1; diffusers' `rescale_zero_terminal_snr`), in
 * float64.
 *
 * The last beta becomes 1. At the last timestep the image is pure noise, so noise prediction says nothing about the
 * image there: train and sample such a schedule with v or x0 prediction.
 *
 * @param betas at least two values in [0, 1].
 * @returns as many betas in [0, 1]; `betas` itself is not changed.
 * @throws If there are fewer than two betas, one is not in [0, 1], or the first is 1 or all are 0.
 * @example
 * ```ts
 * import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from 'diffusion-ssl/diffusion';
 *
 * const betas = rescaleZeroTerminalSnr(makeBetaSchedule(1000, { type: 'linear' }));
 * console.log(computeAlphaSchedule(betas).alphaBars[999]); // 0
 * ```
 */
export function rescaleZeroTerminalSnr(betas: ArrayLike<number>): Float64Array {
  checkInteger('rescaleZeroTerminalSnr: betas.length', betas.length, 2);
  const roots = computeAlphaSchedule(betas).alphaBars.map(Math.sqrt);
  const first = roots[0];
  const last = roots[roots.length - 1];
  if (first === last) {
    throw argumentError('rescaleZeroTerminalSnr: betas', betas, 'a schedule whose alpha-bar falls');
  }
  const alphaBars = roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
  return alphaBars.map((alphaBar, i) => 1 - alphaBar / (i === 0 ? 1 : alphaBars[i - 1]));
}
