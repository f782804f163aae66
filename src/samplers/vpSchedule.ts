import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { sigmaAt, sigmaTable, timestepAt } from '../diffusion/sigmaTable.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { noiseFactors } from './noiseFactors.js';
import { trainedSigmas } from './trainedSigmas.js';
import { vpLevels } from './vpLevels.js';

/** A variance-preserving schedule, given by ᾱ of each timestep, for samplers that work on x̂ = x_t / √ᾱ_t. */
export function vpSchedule(alphaBars: ArrayLike<number>): NoiseSchedule {
  const isZeroSnr = trainedSigmas(alphaBars)[alphaBars.length - 1] === Number.POSITIVE_INFINITY;
  const table = sigmaTable(alphaBars);
  const rootAlphaBar = (sigma: number) => 1 / Math.sqrt(sigma ** 2 + 1);
  return {
    levels: (request) => vpLevels(table, request),
    timestepAt: (sigma) => timestepAt(table, sigma),
    sigmaAt: (t) => sigmaAt(table, t),
    mixture: (sigma) => [1, sigma],
    inputScale: rootAlphaBar,
    outputScale: rootAlphaBar,
    factors: (target, predictionType, sigma) => {
      checkOneOf('predictionType', predictionType, PREDICTION_TYPES);
      if (isZeroSnr && predictionType === 'noise' && sigma >= table[table.length - 1]) {
        throw argumentError('alphaBars[t]', 0, "above 0 for predictionType 'noise'");
      }
      const x0 = {
        noise: [1, -sigma],
        x0: [0, 1],
        v: [1 / (sigma ** 2 + 1), -sigma / Math.sqrt(sigma ** 2 + 1)],
      } as const;
      return target === 'x0' ? x0[predictionType] : noiseFactors(x0[predictionType], sigma);
    },
    startDeviation: (sigma, { family, spacing }) =>
      family === 'euler' && spacing !== 'leading' ? sigma : Math.sqrt(sigma ** 2 + 1),
  };
}
