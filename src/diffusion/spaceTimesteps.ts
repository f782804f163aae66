import { checkInteger } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { layTimesteps } from './layTimesteps.js';

/**
 * How a few sampling steps are laid over the training timesteps: `'linspace'` includes the first and the last,
 * `'leading'` starts every interval and ends at 0 (plus the offset), `'trailing'` ends every interval and starts at the
 * last.
 */
export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

/** Options of {@link spaceTimesteps}. */
export interface SpaceTimestepsOptions {
  /** Where in their intervals the timesteps lie. Default `'leading'`. */
  spacing?: TimestepSpacing;
  /** Added to every timestep of `'leading'`, as long as the largest stays below `trainTimesteps`. Default 0. */
  stepsOffset?: number;
}

/**
 * The timesteps that a sampler of `steps` steps visits, in descending order (diffusers' `timestep_spacing`; table 2
 * of Lin et al. 2024).
 *
 * `'trailing'` always gives exactly `steps` timesteps, where numpy's `arange` can give one more by rounding. A single
 * `'linspace'` step is timestep 0, as in diffusers: use `'trailing'` for very few steps.
 *
 * @param trainTimesteps number T of timesteps of the schedule.
 * @param steps how many to visit, from 1 to T.
 * @returns `steps` different 0-based timesteps, the largest first.
 * @throws If an argument is out of its range, or `stepsOffset` is given for another spacing than `'leading'`.
 * @example
 * ```ts
 * import { spaceTimesteps } from 'diffusion-ssl/diffusion';
 *
 * console.log(spaceTimesteps(1000, 4, { spacing: 'leading' })); // 750, 500, 250, 0
 * console.log(spaceTimesteps(1000, 4, { spacing: 'trailing' })); // 999, 749, 499, 249
 * console.log(spaceTimesteps(1000, 4, { spacing: 'linspace' })); // 999, 666, 333, 0
 * ```
 */
export function spaceTimesteps(
  trainTimesteps: number,
  steps: number,
  options: SpaceTimestepsOptions = {},
): Int32Array {
  const { spacing = 'leading', stepsOffset } = options;
  checkInteger('spaceTimesteps: trainTimesteps', trainTimesteps, 1);
  return inFunction('spaceTimesteps', () =>
    Int32Array.from(layTimesteps(trainTimesteps, steps, { spacing, stepsOffset })),
  );
}
