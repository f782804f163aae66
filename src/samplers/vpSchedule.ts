import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { sigmaAt, sigmaTable, timestepAt } from '../diffusion/sigmaTable.js';
import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import { layTimesteps } from './layTimesteps.js';
import type { LevelRule, NoiseLevelOptions, NoiseLevels, NoiseSchedule } from './NoiseSchedule.js';
import { spacedSigmas } from './spacedSigmas.js';

/** The levels of a variance-preserving schedule, given by ᾱ of each timestep; input and predictions as trained there. */
export function vpSchedule(functionName: string, alphaBars: ArrayLike<number>): NoiseSchedule {
  checkAlphaBars(functionName, alphaBars);
  const table = sigmaTable(alphaBars);
  table.forEach((sigma, t) => {
    if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY && sigma >= (table[t - 1] ?? 0))) {
      throw argumentError(functionName, `alphaBars[${t}]`, alphaBars[t], 'in [0, 1) and never ascend');
    }
  });
  return {
    maxSteps: table.length,
    levels: (name, steps, options) => vpLevels(name, table, steps, options),
    timestepAt: (sigma) => timestepAt(table, sigma),
    sigmaAt: (t) => sigmaAt(table, t),
    inputScale: (sigma) => 1 / Math.sqrt(sigma ** 2 + 1),
    outputScale: (sigma) => 1 / Math.sqrt(sigma ** 2 + 1),
    x0Factors: (predictionType, sigma) => {
      checkOneOf(functionName, 'predictionType', predictionType, PREDICTION_TYPES);
      if (predictionType === 'x0') return [0, 1];
      if (predictionType === 'v') return [1 / (sigma ** 2 + 1), -sigma / Math.sqrt(sigma ** 2 + 1)];
      if (alphaBars[alphaBars.length - 1] === 0 && sigma >= table[table.length - 1]) {
        throw argumentError(functionName, 'alphaBars[t]', 0, "above 0 for predictionType 'noise'");
      }
      return [1, -sigma];
    },
    startDeviation: (sigma, { spacing }) => (spacing === 'leading' ? Math.sqrt(sigma ** 2 + 1) : sigma),
  };
}

function vpLevels(
  functionName: string,
  table: Float64Array,
  steps: number,
  options: NoiseLevelOptions & LevelRule,
): NoiseLevels {
  const { sigmas = 'schedule', timesteps: own, rho = 7, finalSigma = 'zero', lambdaMin, omitLast } = options;
  checkOneOf(functionName, 'finalSigma', finalSigma, ['zero', 'sigma_min']);
  if (typeof sigmas !== 'string') {
    const list = Float64Array.from(sigmas);
    const timesteps = Float64Array.from(own ?? list.subarray(0, -1), (x) => (own ? x : timestepAt(table, x)));
    return checkLevels(functionName, { timesteps, sigmas: list });
  }
  checkOneOf(functionName, 'sigmas', sigmas, ['schedule', 'karras', 'exponential']);
  if (lambdaMin !== undefined) checkNumber(functionName, 'lambdaMin', lambdaMin);
  const length =
    lambdaMin === undefined ? table.length : table.filter((x) => -Math.log(x) >= lambdaMin).length;
  if (length === 0) throw argumentError(functionName, 'lambdaMin', lambdaMin, 'below the largest λ');
  let timesteps: Float64Array = Float64Array.from(own ?? layTimesteps(functionName, length, steps, options));
  if (timesteps.length === 0 || !timesteps.every((t) => t >= 0 && t <= table.length - 1)) {
    throw argumentError(functionName, 'timesteps', Array.from(timesteps), `from 0 to ${table.length - 1}`);
  }
  let chosen: Float64Array = timesteps.map((t) => sigmaAt(table, t));
  if (sigmas !== 'schedule') {
    const ends = omitLast ? [table[table.length - 1], table[0]] : [chosen[0], chosen[chosen.length - 1]];
    const { sigmaMax = ends[0], sigmaMin = ends[1] } = options;
    checkNumber(functionName, 'rho', rho, Number.MIN_VALUE);
    checkNumber(functionName, 'sigmaMax', sigmaMax, Number.MIN_VALUE);
    checkNumber(functionName, 'sigmaMin', sigmaMin, Number.MIN_VALUE, sigmaMax);
    const exponent = sigmas === 'karras' ? rho : Number.POSITIVE_INFINITY;
    chosen = spacedSigmas(timesteps.length, sigmaMax, sigmaMin, exponent);
    timesteps = chosen.map((sigma) => timestepAt(table, sigma));
    if (omitLast) timesteps = timesteps.map(Math.round);
  }
  return checkLevels(functionName, {
    timesteps,
    sigmas: Float64Array.of(...chosen, finalSigma === 'zero' ? 0 : table[0]),
  });
}

/** Throws unless the levels of the steps descend and are as many as the timesteps, with one more for the end. */
export function checkLevels(functionName: string, levels: NoiseLevels): NoiseLevels {
  const { timesteps, sigmas } = levels;
  const descends = sigmas.every((sigma, i) => sigma >= 0 && (i === 0 || sigma <= sigmas[i - 1]));
  const last = sigmas[sigmas.length - 2];
  if (sigmas.length < 2 || !descends || !(last > 0) || !(sigmas[0] < Number.POSITIVE_INFINITY)) {
    throw argumentError(
      functionName,
      'sigmas',
      Array.from(sigmas),
      'descending finite levels above 0, then the end',
    );
  }
  if (timesteps.length !== sigmas.length - 1 || !timesteps.every(Number.isFinite)) {
    throw argumentError(
      functionName,
      'timesteps',
      Array.from(timesteps),
      `${sigmas.length - 1} finite numbers, one for each level but the end`,
    );
  }
  return levels;
}
