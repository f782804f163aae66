import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { checkAlphaBars } from './checkAlphaBars.js';

/**
 * The reverse steps of a diffusion over some timesteps, a number a step, in float64. Step 0 ends at the clean image;
 * the mean of the forward process' posterior is `ofX0` · x0 + `ofXT` · x_t (Ho et al. 2020, equation 7).
 */
export interface PosteriorTable {
  /** The timesteps, ascending. */
  timesteps: Int32Array;
  ofX0: Float64Array;
  ofXT: Float64Array;
  /** ln of the posterior's variance β̃; at step 0, where that is 0, as at step 1 (Nichol and Dhariwal 2021). */
  logSmall: Float64Array;
  /** ln of the forward step's variance β. */
  logLarge: Float64Array;
}

/**
 * The reverse steps over `timesteps`, by default all of the schedule.
 *
 * @throws {ConfigError} If `timesteps` is empty, does not ascend or leaves the schedule, an ᾱ is not in [0, 1), or they
 *   do not descend.
 */
export function posteriorTable(
  alphaBars: ArrayLike<number>,
  chosen: ArrayLike<number> = Int32Array.from({ length: alphaBars.length }, (_, t) => t),
): PosteriorTable {
  checkAlphaBars('alphaBars', alphaBars);
  const timesteps = Int32Array.from(chosen);
  checkInteger('timesteps.length', timesteps.length, 1);
  const [ofX0, ofXT, small, large] = Array.from({ length: 4 }, () => new Float64Array(timesteps.length));
  timesteps.forEach((t, i) => {
    checkInteger(`timesteps[${i}]`, chosen[i], 0, alphaBars.length - 1);
    checkNumber(`alphaBars[${t}]`, alphaBars[t], 0, 1 - Number.EPSILON / 2);
    const [alphaBar, previous] = [alphaBars[t], i === 0 ? 1 : alphaBars[timesteps[i - 1]]];
    if (i > 0 && !(t > timesteps[i - 1])) {
      throw argumentError('timesteps', timesteps, 'ascending');
    }
    if (!(alphaBar < previous)) {
      throw argumentError(`alphaBars[${t}]`, alphaBar, `below ${previous}, that of the step before`);
    }
    const alpha = alphaBar / previous;
    ofX0[i] = (Math.sqrt(previous) * (1 - alpha)) / (1 - alphaBar);
    ofXT[i] = (Math.sqrt(alpha) * (1 - previous)) / (1 - alphaBar);
    large[i] = 1 - alpha;
    small[i] = ((1 - previous) / (1 - alphaBar)) * (1 - alpha);
  });
  small[0] = small[1] ?? large[0];
  return { timesteps, ofX0, ofXT, logSmall: small.map(Math.log), logLarge: large.map(Math.log) };
}
