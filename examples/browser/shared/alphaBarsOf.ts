import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from 'diffusion-ssl/diffusion';
import type { ScheduleSettings } from './types.js';

/** ᾱ of each timestep of a schedule. */
export function alphaBarsOf({ timesteps, zeroTerminalSnr, ...options }: ScheduleSettings): Float64Array {
  const betas = makeBetaSchedule(timesteps, options);
  return computeAlphaSchedule(zeroTerminalSnr ? rescaleZeroTerminalSnr(betas) : betas).alphaBars;
}
