import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { sigmaOf } from '../diffusion/sigmaTable.js';
import { argumentError } from '../internal/checks.js';

/**
 * σ at each trained timestep, ascending; the last one is infinite where ᾱ is 0. Throws unless ᾱ can be sampled from.
 */
export function trainedSigmas(alphaBars: ArrayLike<number>): Float64Array {
  checkAlphaBars('alphaBars', alphaBars);
  const table = Float64Array.from(alphaBars, sigmaOf);
  table.forEach((sigma, t) => {
    const before = table[t - 1] ?? 0;
    if (!(sigma > 0 && sigma >= before && before < Number.POSITIVE_INFINITY)) {
      const accepted = 'in (0, 1), at the last timestep also 0, and never ascend';
      throw argumentError(`alphaBars[${t}]`, alphaBars[t], accepted);
    }
  });
  return table;
}
