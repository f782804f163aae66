import { edmFactors } from '../diffusion/edmFactors.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { spacedSigmas } from './spacedSigmas.js';
import { checkLevels } from './vpSchedule.js';

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
 * given to a sampler over noise levels in place of ᾱ. The denoiser is the raw network F: it is given x̂ / √(σ² + σ_data²)
 * and, as a float32 timestep, ln(σ) / 4, and x0 = c_skip · x̂ + c_out · F, with the sign of c_out turned for v prediction.
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
  checkNumber('edmSchedule', 'sigmaMax', largest, Number.MIN_VALUE);
  checkNumber('edmSchedule', 'sigmaMin', smallest, Number.MIN_VALUE, largest);
  checkNumber('edmSchedule', 'sigmaData', sigmaData, Number.MIN_VALUE);
  const timestepAt = (sigma: number) => edmFactors(sigma, sigmaData).noise;
  return {
    maxSteps: Number.MAX_SAFE_INTEGER,
    timestepAt,
    sigmaAt: (t) => Math.exp(4 * t),
    inputScale: (sigma) => edmFactors(sigma, sigmaData).in,
    outputScale: () => 1,
    startDeviation: (sigma) => Math.sqrt(sigma ** 2 + 1),
    x0Factors: (predictionType, sigma) => {
      checkOneOf('edmSchedule', 'predictionType', predictionType, PREDICTION_TYPES);
      if (predictionType === 'x0') {
        throw argumentError(
          'edmSchedule',
          'predictionType',
          'x0',
          "'noise' or 'v': F is neither x0 nor scaled so",
        );
      }
      const { skip, out } = edmFactors(sigma, sigmaData);
      return [skip, predictionType === 'v' ? -out : out];
    },
    levels: (functionName, steps, levelOptions) => {
      const { sigmas = 'karras', rho = 7, finalSigma = 'zero' } = levelOptions;
      const { sigmaMin = smallest, sigmaMax = largest } = levelOptions;
      checkOneOf(functionName, 'finalSigma', finalSigma, ['zero', 'sigma_min']);
      if (typeof sigmas !== 'string') {
        const list = Float64Array.from(sigmas);
        return checkLevels(functionName, { timesteps: list.slice(0, -1).map(timestepAt), sigmas: list });
      }
      checkOneOf(functionName, 'sigmas', sigmas, ['karras', 'exponential']);
      checkInteger(functionName, 'steps', steps, 1);
      checkNumber(functionName, 'rho', rho, Number.MIN_VALUE);
      checkNumber(functionName, 'sigmaMax', sigmaMax, Number.MIN_VALUE);
      checkNumber(functionName, 'sigmaMin', sigmaMin, Number.MIN_VALUE, sigmaMax);
      const exponent = sigmas === 'karras' ? rho : Number.POSITIVE_INFINITY;
      const levels = spacedSigmas(steps, sigmaMax, sigmaMin, exponent);
      const end = finalSigma === 'zero' ? 0 : sigmaMin;
      return checkLevels(functionName, {
        timesteps: levels.map(timestepAt),
        sigmas: Float64Array.of(...levels, end),
      });
    },
  };
}
