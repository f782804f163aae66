import type { NoiseLevelOptions } from './NoiseSchedule.js';
import type { SampleOptions } from './types.js';

/** Options that all samplers share. */
export interface SolverOptions<C = undefined> extends SampleOptions<C>, NoiseLevelOptions {
  /** How many steps. Default 20, or as many as there are `timesteps` or `sigmas`. */
  steps?: number;
}
