import { argumentError } from '../internal/checks.js';
import type { LevelFamily, NoiseLevels } from './NoiseSchedule.js';

/**
 * Throws unless the levels of the steps descend from `largest` at most, and are as many as the timesteps, with one more
 * for the end. Two may be equal for DDPM and DDIM, whose steps need no length, elsewhere the last and the end.
 */
export function checkLevels(
  levels: NoiseLevels,
  family: LevelFamily,
  largest = Number.MAX_VALUE,
): NoiseLevels {
  const { timesteps, sigmas } = levels;
  const end = sigmas.length - 1;
  const mayStay = (i: number) => family === 'ddim' || i === end;
  const descends = sigmas.every(
    (sigma, i) => i === 0 || sigma < sigmas[i - 1] || (sigma === sigmas[i - 1] && mayStay(i)),
  );
  if (end < 1 || !descends || !(sigmas[end] >= 0 && sigmas[end - 1] > 0 && sigmas[0] <= largest)) {
    const accepted = 'descending finite levels above 0, then the end';
    throw argumentError('sigmas', Array.from(sigmas), accepted);
  }
  if (timesteps.length !== end || !timesteps.every(Number.isFinite)) {
    const accepted = `${end} finite numbers, one for each level but the end`;
    throw argumentError('timesteps', Array.from(timesteps), accepted);
  }
  return levels;
}
