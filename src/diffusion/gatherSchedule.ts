import type * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { requireBackend } from './requireBackend.js';
import { scheduleAt, type Timesteps } from './timesteps.js';

/**
 * The values of a schedule at each sample's timestep, such as its loss weight (DDPM's `extract`).
 *
 * @param schedule one finite value a timestep: `alphaBars`, or the weights of `minSnrWeights`.
 * @param t 0-based timesteps: host integers, or an int32 tensor [batch].
 * @returns A float32 tensor of shape [batch], the caller's to dispose.
 * @throws If a timestep on the host is no index of the schedule, `t` is a tensor of other form, or a value is not
 * finite.
 * @example
 * ```ts
 * import { gatherSchedule } from 'diffusion-ssl/diffusion';
 *
 * const weights = gatherSchedule([1, 0.5, 0.25], [2, 0]);
 * console.log(await weights.data()); // 0.25, 1
 * weights.dispose();
 * ```
 */
export function gatherSchedule(schedule: ArrayLike<number>, t: Timesteps): tf.Tensor1D {
  requireBackend('gatherSchedule');
  return inFunction('gatherSchedule', () =>
    scheduleAt(schedule, t, (value, timestep) => {
      checkNumber(`schedule[${timestep}]`, value);
      return value;
    }),
  );
}
