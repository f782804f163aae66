import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import { dpmSolverFactors } from './dpmSolverFactors.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleDpmSolverSinglestep}. */
export interface SampleDpmSolverSinglestepOptions<C = undefined> extends SolverOptions<C> {
  /** Order, from 1 to 3. Default 2. */
  order?: 1 | 2 | 3;
  /** Which variable: x0 with `++`, else the noise. Default `'dpmsolver++'`. */
  algorithm?: 'dpmsolver++' | 'dpmsolver';
  /** How the slope is weighed. Default `'midpoint'`. */
  solverType?: 'midpoint' | 'heun';
}

/**
 * Samples by DPM-Solver and DPM-Solver++, singlestep, of orders 1 to 3 (Lu et al. 2022, "DPM-Solver"; diffusers'
 * `DPMSolverSinglestepScheduler`): levels are taken in groups of the order's size, and each group's steps go on from
 * its first level, with all that the denoiser said within the group. `steps` counts calls of the denoiser.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param schedule ᾱ of the schedule that the denoiser was trained with, descending, or a schedule such as
 *   `edmSchedule()`.
 * @returns Samples of `options.shape`, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep`
 *   throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { sampleDpmSolverSinglestep } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleDpmSolverSinglestep((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDpmSolverSinglestep<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleDpmSolverSinglestepOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleDpmSolverSinglestep',
    denoiser,
    schedule,
    options,
    family: 'dpm' as const,
  };
  const { order = 2, algorithm = 'dpmsolver++', solverType = 'midpoint' } = options;
  checkOneOf('sampleDpmSolverSinglestep: algorithm', algorithm, ['dpmsolver++', 'dpmsolver']);
  checkOneOf('sampleDpmSolverSinglestep: solverType', solverType, ['midpoint', 'heun']);
  if (![1, 2, 3].includes(order)) throw argumentError('sampleDpmSolverSinglestep: order', order, '1, 2 or 3');
  return solve(run, ({ x, i, steps, sigmas, sigma, next, denoise, memory }) => {
    if (next === 0 && algorithm === 'dpmsolver') {
      throw argumentError('sampleDpmSolverSinglestep: finalSigma', 'zero', "'sigma_min' with 'dpmsolver'");
    }
    const x0 = denoise(x, sigma);
    const m = algorithm === 'dpmsolver++' ? x0 : combine(1 / sigma, x, -1 / sigma, x0);
    const used = orderAt(i, steps, order, next);
    if (used === 1) {
      const { x: keep, m: add } = dpmSolverFactors(algorithm, sigma, next);
      return { x: combine(keep, x, add, m), x0, memory: [x, m] };
    }
    const [base, m0, m1] = memory;
    const lambda = (index: number) => -Math.log(sigmas[index]);
    const from = i - used + 1;
    const part = (index: number) => (lambda(index) - lambda(from)) / (lambda(i + 1) - lambda(from));
    const factors = dpmSolverFactors(algorithm, sigmas[from], next);
    const mean = combine(factors.x, base, factors.m, m0);
    const slope = combine(1 / part(i), m, -1 / part(i), m0);
    if (used === 2) {
      const weight = solverType === 'midpoint' ? factors.m / 2 : factors.d1;
      return { x: combine(1, mean, weight, slope), x0, memory: [base, m0, m] };
    }
    if (solverType === 'midpoint') return { x: combine(1, mean, factors.d1, slope), x0, memory: [] };
    const [r0, r1] = [part(i), part(i - 1)];
    const earlier = combine(1 / r1, m1, -1 / r1, m0);
    const first = combine(r0 / (r0 - r1), earlier, -r1 / (r0 - r1), slope);
    const second = combine(2 / (r0 - r1), slope, -2 / (r0 - r1), earlier);
    return { x: combine(1, combine(1, mean, factors.d1, first), factors.d2, second), x0, memory: [] };
  });
}

/** Which step of its group a step is; the last groups are smaller, so that the last step is of first order. */
function orderAt(i: number, steps: number, order: number, next: number): number {
  if (i === steps - 1 && next === 0) return 1;
  const rest = steps % order;
  if (order === 1 || rest !== 0 || i < steps - order) return (i % order) + 1;
  // The last whole group, of 2 or 3, is shortened by one: 1, 1 or 1, 2, 1.
  return i === steps - 1 ? 1 : (i % order) + 1;
}
