import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import { type DpmAlgorithm, dpmSolverFactors } from './dpmSolverFactors.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleDpmSolverSinglestep}. */
export interface SampleDpmSolverSinglestepOptions<C = undefined> extends SolverOptions<C> {
  /** Order, from 1 to 3. Default 2. */
  order?: 1 | 2 | 3;
  /**
   * Which equation and variable. That without `++` cannot end at σ 0: take `finalSigma: 'sigma_min'`. Default
   * `'dpmsolver++'`.
   */
  algorithm?: Exclude<DpmAlgorithm, 'sde-dpmsolver'>;
  /** How the slope is weighed. Default `'midpoint'`. */
  solverType?: 'midpoint' | 'heun';
  /**
   * Whether a last whole group is shortened so that the last step is of first order, which is more stable. A step to
   * σ 0 always is. Default true.
   */
  lowerOrderFinal?: boolean;
  /**
   * Whether `'sde-dpmsolver++'` draws noise and weighs differences as diffusers does, to give its samples: their
   * deviation is too small. Default false.
   */
  asDiffusers?: boolean;
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
    schedule: noiseScheduleOf('sampleDpmSolverSinglestep', schedule),
    options,
    family: 'dpm' as const,
  };
  const { order = 2, algorithm = 'dpmsolver++', solverType = 'midpoint', asDiffusers = false } = options;
  checkOneOf('sampleDpmSolverSinglestep: algorithm', algorithm, [
    'dpmsolver++',
    'dpmsolver',
    'sde-dpmsolver++',
  ]);
  checkOneOf('sampleDpmSolverSinglestep: solverType', solverType, ['midpoint', 'heun']);
  if (![1, 2, 3].includes(order)) throw argumentError('sampleDpmSolverSinglestep: order', order, '1, 2 or 3');
  return solve(run, ({ x, i, sigmas, sigma, next, denoise, draw, memory }) => {
    if (next === 0 && algorithm === 'dpmsolver') {
      throw argumentError('finalSigma', 'zero', "'sigma_min' with 'dpmsolver'");
    }
    const x0 = denoise(x, sigma);
    const m = algorithm === 'dpmsolver' ? combine(1 / sigma, x, -1 / sigma, x0) : x0;
    const used = orderAt(i, sigmas, options);
    const [base, m0, m1] = used === 1 ? [x, m] : memory;
    const lambda = (index: number) => -Math.log(sigmas[index]);
    const from = i - used + 1;
    const factors = dpmSolverFactors(algorithm, sigmas[from], next);
    const mean = combine(factors.x, base, factors.m, m0);
    // The noise since the group's first level goes on; diffusers draws all of it anew.
    const step = used === 1 || asDiffusers ? factors : dpmSolverFactors(algorithm, sigma, next);
    const carried = used === 1 || asDiffusers ? 0 : step.x;
    const noise = step.noise > 0 ? [combine(carried, memory[memory.length - 1], step.noise, draw())] : [];
    const moved = noise.reduce((sum, term) => combine(1, sum, 1, term), mean);
    if (used === 1) return { x: moved, x0, memory: [x, m, ...noise] };
    const part = (index: number) => (lambda(index) - lambda(from)) / (lambda(i + 1) - lambda(from));
    const slope = combine(1 / part(i), m, -1 / part(i), m0);
    if (used === 2) {
      const weight = solverType === 'midpoint' ? factors.m / 2 : factors.d1;
      return { x: combine(1, moved, weight, slope), x0, memory: [base, m0, m, ...noise] };
    }
    if (solverType === 'midpoint') return { x: combine(1, moved, factors.d1, slope), x0, memory: [] };
    const [r0, r1] = [part(i), part(i - 1)];
    const earlier = combine(1 / r1, m1, -1 / r1, m0);
    const first = combine(r0 / (r0 - r1), earlier, -r1 / (r0 - r1), slope);
    const second = combine(2 / (r0 - r1), slope, -2 / (r0 - r1), earlier);
    const d2 = asDiffusers && algorithm === 'sde-dpmsolver++' ? factors.d2 - 1 : factors.d2;
    return { x: combine(1, combine(1, moved, factors.d1, first), d2, second), x0, memory: [] };
  });
}

/** Which step of its group a step is; a last whole group is shortened where the last step is to be of first order. */
function orderAt(
  i: number,
  sigmas: Float64Array,
  { order = 2, lowerOrderFinal = true }: { order?: number; lowerOrderFinal?: boolean },
): number {
  const steps = sigmas.length - 1;
  const shortens = sigmas[steps] === 0 || (lowerOrderFinal && steps % order === 0);
  return i === steps - 1 && shortens ? 1 : (i % order) + 1;
}
