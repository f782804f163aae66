import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import { type DpmAlgorithm, dpmSolverFactors } from './dpmSolverFactors.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseScheduleOf } from './noiseScheduleOf.js';
import type { SolverOptions } from './SolverOptions.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';

/** Options of {@link sampleDpmSolver}. */
export interface SampleDpmSolverOptions<C = undefined> extends SolverOptions<C> {
  /** Order, from 1 to 3. The first steps have less to continue and are of lower order. Default 2. */
  order?: 1 | 2 | 3;
  /**
   * Which equation and variable. Those without `++` cannot end at σ 0: take `finalSigma: 'sigma_min'`. Default
   * `'dpmsolver++'`.
   */
  algorithm?: DpmAlgorithm;
  /** How the second order weighs the slope. Default `'midpoint'`. */
  solverType?: 'midpoint' | 'heun';
  /** Whether with fewer than 15 steps the last ones are of lower order, which is more stable. Default true. */
  lowerOrderFinal?: boolean;
  /** Whether the last step is of first order wherever it ends. Default false; a step to σ 0 always is. */
  eulerAtFinal?: boolean;
  /**
   * Whether the third order of `'sde-dpmsolver++'` weighs the second difference as diffusers does, by 1 less than the
   * integral says, to give its samples. Default false.
   */
  asDiffusers?: boolean;
}

/**
 * Samples by DPM-Solver and DPM-Solver++, multistep, of orders 1 to 3 (Lu et al. 2022, "DPM-Solver++", algorithm 2;
 * diffusers' `DPMSolverMultistepScheduler`): what the denoiser says is continued from the last steps as a polynomial in
 * λ = −ln σ, and the rest of the equation solved exactly. One call of the denoiser a step.
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
 * import { sampleDpmSolver } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const options = { shape: [2, 8, 8, 4], steps: 10 };
 * const samples = await sampleDpmSolver((xT) => tf.mul(xT, 0.5), alphaBars, options);
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export async function sampleDpmSolver<C>(
  denoiser: Denoiser<C>,
  schedule: ArrayLike<number> | NoiseSchedule,
  options: SampleDpmSolverOptions<C>,
): Promise<tf.Tensor> {
  const run = {
    functionName: 'sampleDpmSolver',
    denoiser,
    schedule: noiseScheduleOf('sampleDpmSolver', schedule),
    options,
    family: 'dpm' as const,
  };
  const { order = 2, algorithm = 'dpmsolver++', solverType = 'midpoint' } = options;
  checkOneOf('sampleDpmSolver: algorithm', algorithm, [
    'dpmsolver++',
    'dpmsolver',
    'sde-dpmsolver++',
    'sde-dpmsolver',
  ]);
  checkOneOf('sampleDpmSolver: solverType', solverType, ['midpoint', 'heun']);
  if (![1, 2, 3].includes(order)) throw argumentError('sampleDpmSolver: order', order, '1, 2 or 3');
  return solve(run, ({ x, i, sigmas, sigma, next, denoise, draw, memory }) => {
    if (next === 0 && !algorithm.endsWith('++')) {
      throw argumentError(
        'sampleDpmSolver: finalSigma',
        'zero',
        `'sigma_min' with the algorithm '${algorithm}'`,
      );
    }
    const x0 = denoise(x, sigma);
    const m0 = algorithm.endsWith('++') ? x0 : combine(1 / sigma, x, -1 / sigma, x0);
    const [m1, m2] = memory;
    const lambda = (index: number) => -Math.log(sigmas[index]);
    const h = lambda(i + 1) - lambda(i);
    const used = Math.min(orderAt(i, sigmas, options), memory.length + 1);
    const factors = dpmSolverFactors(algorithm, sigma, next);
    let mean = combine(factors.x, x, factors.m, m0);
    if (used > 1) {
      const r0 = (lambda(i) - lambda(i - 1)) / h;
      let d1 = combine(1 / r0, m0, -1 / r0, m1);
      if (used > 2) {
        const r1 = (lambda(i - 1) - lambda(i - 2)) / h;
        const change = combine(1, d1, -1, combine(1 / r1, m1, -1 / r1, m2));
        d1 = combine(1, d1, r0 / (r0 + r1), change);
        const d2 = options.asDiffusers && algorithm === 'sde-dpmsolver++' ? factors.d2 - 1 : factors.d2;
        mean = combine(1, mean, d2 / (r0 + r1), change);
      }
      const weight = used === 2 && solverType === 'midpoint' ? factors.m / 2 : factors.d1;
      mean = combine(1, mean, weight, d1);
    }
    const isNoisy = factors.noise > 0;
    return {
      x: isNoisy ? combine(1, mean, factors.noise, draw()) : mean,
      x0,
      memory: m1 === undefined || order < 3 ? [m0] : [m0, m1],
    };
  });
}

/** The order that a step may have: less in the last steps of short runs, and in one to σ 0 or of no length. */
function orderAt(i: number, sigmas: Float64Array, options: SampleDpmSolverOptions<unknown>): number {
  const { order = 2, lowerOrderFinal = true, eulerAtFinal = false } = options;
  const steps = sigmas.length - 1;
  const lowers = lowerOrderFinal && steps < 15;
  const isEnd = sigmas[steps] === 0 || sigmas[steps] === sigmas[steps - 1];
  if (i === steps - 1 && (isEnd || lowers || eulerAtFinal)) return 1;
  return i === steps - 2 && lowers ? Math.min(order, 2) : order;
}
