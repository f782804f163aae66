import { conversionFactors } from '../diffusion/predictionType.js';
import { sigmaAt, timestepAt } from '../diffusion/sigmaTable.js';
import type { NoiseSchedule } from './NoiseSchedule.js';
import { trainedSigmas } from './trainedSigmas.js';
import { vpLevels } from './vpLevels.js';

/** The same schedule for samplers that work on x_t itself, where ᾱ may be 0: σ is infinite there, x_t is not. */
export function xTSchedule(alphaBars: ArrayLike<number>): NoiseSchedule {
  const table = trainedSigmas(alphaBars);
  const alphaBarOf = (sigma: number) => 1 / (sigma ** 2 + 1);
  return {
    levels: (request) => vpLevels(table, request),
    timestepAt: (sigma) => timestepAt(table, sigma),
    sigmaAt: (t) => sigmaAt(table, t),
    mixture: (sigma) => [Math.sqrt(alphaBarOf(sigma)), Math.sqrt(1 - alphaBarOf(sigma))],
    inputScale: () => 1,
    outputScale: () => 1,
    factors: (target, predictionType, sigma) => conversionFactors(target, predictionType, alphaBarOf(sigma)),
    startDeviation: () => 1,
  };
}
