import type { ModelDiffusion } from 'diffusion-ssl/pretrained';
import type { PretrainConfig } from '../config/PretrainConfig.js';

/** The diffusion that a configuration names. */
export function diffusionOf(config: PretrainConfig): ModelDiffusion {
  const { noiseSchedule: schedule, timesteps, betaStart, betaEnd, zeroTerminalSnr, predictionType } = config;
  return { schedule, timesteps, betaStart, betaEnd, zeroTerminalSnr, predictionType };
}
