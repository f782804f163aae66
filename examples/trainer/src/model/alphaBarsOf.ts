import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from 'diffusion-ssl/diffusion';
import type { ModelDiffusion } from 'diffusion-ssl/pretrained';

/** ᾱ of each timestep of a diffusion. */
export function alphaBarsOf({
  schedule: type,
  timesteps,
  betaStart,
  betaEnd,
  zeroTerminalSnr,
}: Omit<ModelDiffusion, 'predictionType'>): Float64Array {
  const betas = makeBetaSchedule(timesteps, { type, betaStart, betaEnd });
  return computeAlphaSchedule(zeroTerminalSnr ? rescaleZeroTerminalSnr(betas) : betas).alphaBars;
}
