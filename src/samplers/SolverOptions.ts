import type { NoiseLevelOptions } from './NoiseSchedule.js';
import type { SampleOptions } from './types.js';

/** Options that the samplers over noise levels share: all but `sampleDdpm` and `sampleDdim`. */
export interface SolverOptions<C = undefined>
  extends Omit<SampleOptions<C>, 'setAlphaToOne' | 'spacing'>,
    NoiseLevelOptions {
  /** How many steps. Default 20, or as many as there are `timesteps` or `sigmas`. */
  steps?: number;
}
