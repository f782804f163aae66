import { edmFactors } from '../diffusion/edmFactors.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { checkLevels } from './checkLevels.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseFactors } from './noiseFactors.js';
import { spacedSigmas } from './spacedSigmas.js';

/** Options of {@link edmSchedule}. */
export interface EdmScheduleOptions {
  /** Smallest σ. Default 0.002. */
  sigmaMin?: number;
  /** Largest σ. Default 80. */
  sigmaMax?: number;
  /** Standard deviation of the data. Default 0.5. */
  sigmaData?: number;
}

/**
 * The noise levels and the preconditioning of EDM (Karras et al. 2022, table 1; diffusers' `EDMEulerScheduler`), to be
 * given to a sampler over noise levels in place of ᾱ. The denoiser is the raw network F: it is given x̂ / √(σ² +
 * σ_data²) and, as a float32 timestep, ln(σ) / 4, and x0 = c_skip · x̂ + c_out · F, with the sign of c_out turned for v
 * prediction.
 *
 * Without `sigmas` of the sampler's options, the levels are Karras'.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { edmSchedule, sampleHeun } from 'diffusion-ssl/samplers';
 *
 * const network = (input: tf.Tensor) => tf.mul(input, 0.5);
 * const samples = await sampleHeun(network, edmSchedule({ sigmaData: 0.5 }), { shape: [2, 8, 8, 4], steps: 18 });
 * console.log(samples.shape); // [2, 8, 8, 4]
 * ```
 */
export function edmSchedule(options: EdmScheduleOptions = {}): NoiseSchedule {
  const { sigmaMin: smallest = 0.002, sigmaMax: largest = 80, sigmaData = 0.5 } = options;
  checkNumber('edmSchedule: sigmaMax', largest, Number.MIN_VALUE);
  checkNumber('edmSchedule: sigmaMin', smallest, Number.MIN_VALUE, largest);
  checkNumber('edmSchedule: sigmaData', sigmaData, Number.MIN_VALUE);
  const timestepAt = (sigma: number) => edmFactors(sigma, sigmaData).noise;
  return {
    timestepAt,
    sigmaAt: (t) => Math.exp(4 * t),
    mixture: (sigma) => [1, sigma],
    inputScale: (sigma) => edmFactors(sigma, sigmaData).in,
    outputScale: () => 1,
    startDeviation: (sigma) => Math.sqrt(sigma ** 2 + 1),
    factors: (target, predictionType, sigma) => {
      checkOneOf('edmSchedule: predictionType', predictionType, PREDICTION_TYPES);
      if (predictionType === 'x0') {
        const accepted = "'noise' or 'v': F is neither x0 nor scaled so";
        throw argumentError('edmSchedule: predictionType', 'x0', accepted);
      }
      const { skip, out } = edmFactors(sigma, sigmaData);
      const x0 = [skip, predictionType === 'v' ? -out : out] as const;
      return target === 'x0' ? x0 : noiseFactors(x0, sigma);
    },
    levels: (request) => {
      const { family, steps = 20, sigmas = 'karras', finalSigma = 'zero', rho } = request;
      const { sigmaMin = smallest, sigmaMax = largest } = request;
      for (const option of ['spacing', 'stepsOffset', 'timesteps', 'lambdaMin'] as const) {
        if (request[option] === undefined) continue;
        const accepted =
          "left out with edmSchedule, whose levels are 'karras', 'exponential' or your own sigmas";
        throw argumentError(option, request[option], accepted);
      }
      checkOneOf('finalSigma', finalSigma, ['zero', 'sigma_min']);
      const check = (list: Float64Array) =>
        checkLevels({ timesteps: list.slice(0, -1).map(timestepAt), sigmas: list }, family);
      if (typeof sigmas !== 'string') return check(Float64Array.from(sigmas));
      if (sigmas === 'schedule') {
        throw argumentError('sigmas', sigmas, "'karras', 'exponential' or a list with edmSchedule");
      }
      checkOneOf('sigmas', sigmas, ['karras', 'exponential']);
      checkInteger('steps', steps, 1);
      const levels = spacedSigmas(steps, { sigmas, sigmaMin, sigmaMax, rho });
      return check(Float64Array.of(...levels, finalSigma === 'zero' ? 0 : sigmaMin));
    },
  };
}
