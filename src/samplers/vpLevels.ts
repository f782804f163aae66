import { layTimesteps } from '../diffusion/layTimesteps.js';
import { sigmaAt, timestepAt } from '../diffusion/sigmaTable.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { checkLevels } from './checkLevels.js';
import type { LevelRequest, NoiseLevels } from './NoiseSchedule.js';
import { spacedSigmas } from './spacedSigmas.js';

/** Levels of a run over a schedule whose σ at each timestep are in `table`. */
export function vpLevels(table: Float64Array, request: LevelRequest): NoiseLevels {
  const { family, sigmas = 'schedule', finalSigma = 'zero' } = request;
  checkOneOf('finalSigma', finalSigma, ['zero', 'sigma_min']);
  const [smallest, largest] = [table[0], table[table.length - 1]];
  const check = (levels: NoiseLevels) => checkLevels(levels, family, Math.max(largest, Number.MAX_VALUE));
  if (typeof sigmas !== 'string') {
    const list = Float64Array.from(sigmas);
    const told = request.timesteps ?? list.subarray(0, -1).map((sigma) => timestepAt(table, sigma));
    return check({ timesteps: Float64Array.from(told), sigmas: list });
  }
  checkOneOf('sigmas', sigmas, ['schedule', 'karras', 'exponential']);
  const end = finalSigma === 'zero' ? 0 : smallest;
  const timesteps = request.timesteps
    ? ownTimesteps(table, request.timesteps)
    : laidTimesteps(table, request);
  const chosen = timesteps.map((t) => sigmaAt(table, t));
  if (sigmas === 'schedule') return check({ timesteps, sigmas: Float64Array.of(...chosen, end) });
  if (request.timesteps) {
    throw argumentError('timesteps', Array.from(timesteps), `left out with sigmas '${sigmas}'`);
  }
  const ends = family === 'dpm' ? [largest, smallest] : [chosen[0], chosen[chosen.length - 1]];
  const { sigmaMax = ends[0], sigmaMin = ends[1], rho } = request;
  const spaced = spacedSigmas(timesteps.length, { sigmas, sigmaMax, sigmaMin, rho });
  const between = spaced.map((sigma) => timestepAt(table, sigma));
  return check({
    timesteps: family === 'dpm' ? between.map(Math.round) : between,
    sigmas: Float64Array.of(...spaced, end),
  });
}

/** The timesteps of the caller's own, which may lie between two trained ones. */
function ownTimesteps(table: Float64Array, own: ArrayLike<number>): Float64Array {
  const list = Float64Array.from(own);
  const last = table.length - 1;
  const descends = list.every((t, i) => t >= 0 && t <= last && (i === 0 || t < list[i - 1]));
  if (list.length === 0 || !descends) {
    throw argumentError('timesteps', Array.from(list), `descending from ${last} to 0 at most`);
  }
  if (list.some((t) => t < last && sigmaAt(table, t) === Number.POSITIVE_INFINITY)) {
    const accepted = `none between ${last - 1} and ${last}, where ᾱ is 0`;
    throw argumentError('timesteps', Array.from(list), accepted);
  }
  return list;
}

/** So many timesteps over the schedule, or over its part that `lambdaMin` leaves. */
function laidTimesteps(table: Float64Array, request: LevelRequest): Float64Array {
  const { family, spacing = family === 'ddim' ? 'leading' : 'linspace', stepsOffset, lambdaMin } = request;
  let { length } = table;
  if (lambdaMin !== undefined) {
    checkNumber('lambdaMin', lambdaMin);
    length = table.filter((sigma) => -Math.log(sigma) >= lambdaMin).length;
    if (length === 0) throw argumentError('lambdaMin', lambdaMin, 'below the largest λ');
  }
  // DPM-Solver lays one timestep more and leaves it out: its last step goes to the clean image over a whole interval.
  const more = family === 'dpm' && spacing !== 'trailing' ? 1 : 0;
  const most = Math.max(1, length - more);
  const { steps = Math.min(20, most) } = request;
  checkInteger('steps', steps, 1, most);
  const laid = layTimesteps(length, Math.min(steps + more, length), {
    ...{ spacing, stepsOffset, isFractional: family === 'euler', trainTimesteps: table.length },
  });
  return more === 0 ? laid : laid.subarray(0, steps);
}
