import { checkInteger } from '../internal/checks.js';

/** Options of {@link repaintTimesteps}. */
export interface RepaintTimestepsOptions {
  /** How many steps a jump goes back up. Default 10. */
  jumpLength?: number;
  /** How often each stretch of `jumpLength` steps is walked. Default 10. */
  resamplings?: number;
}

/**
 * The timesteps that RePaint visits: down, and at every `jumpLength`-th step up again to walk the same stretch anew
 * (Lugmayr et al. 2022; diffusers' `RePaintScheduler.set_timesteps`).
 *
 * @param trainTimesteps number T of timesteps of the schedule.
 * @param steps how many different ones to visit, from 1 to T.
 * @throws If an argument is out of its range.
 * @example
 * ```ts
 * import { repaintTimesteps } from 'diffusion-ssl/samplers';
 *
 * console.log(repaintTimesteps(4, 4, { jumpLength: 2, resamplings: 2 })); // 3, 2, 1, 0, 1, 2, 1, 0
 * ```
 */
export function repaintTimesteps(
  trainTimesteps: number,
  steps: number,
  options: RepaintTimestepsOptions = {},
): Int32Array {
  const { jumpLength = 10, resamplings = 10 } = options;
  checkInteger('repaintTimesteps: trainTimesteps', trainTimesteps, 1);
  checkInteger('repaintTimesteps: steps', steps, 1, trainTimesteps);
  checkInteger('repaintTimesteps: jumpLength', jumpLength, 1);
  checkInteger('repaintTimesteps: resamplings', resamplings, 1);
  const jumps = new Map<number, number>();
  for (let i = 0; i < steps - jumpLength; i += jumpLength) jumps.set(i, resamplings - 1);
  const visited: number[] = [];
  for (let i = steps; i >= 1; ) {
    visited.push(--i);
    const left = jumps.get(i) ?? 0;
    if (left === 0) continue;
    jumps.set(i, left - 1);
    for (let up = 0; up < jumpLength; up++) visited.push(++i);
  }
  const stride = Math.floor(trainTimesteps / steps);
  return Int32Array.from(visited, (i) => i * stride);
}
