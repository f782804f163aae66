import type { SpaceTimestepsOptions } from '../diffusion/spaceTimesteps.js';
import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';

/** Rounds to the nearest integer and halves to the even one, as numpy does. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/**
 * `steps` descending timesteps of a solver, over the first `length` trained ones. `'linspace'` goes from the last to 0
 * without rounding, so that some lie between two trained timesteps.
 *
 * @param omitLast lays one more, rounds, and leaves the last one out, as DPM-Solver and UniPC do: their last step goes
 *   to the clean image over a whole interval.
 */
export function layTimesteps(
  functionName: string,
  length: number,
  steps: number,
  { spacing = 'linspace', stepsOffset = 0, omitLast }: SpaceTimestepsOptions & { omitLast: boolean },
): Float64Array {
  checkInteger(functionName, 'steps', steps, 1, length);
  checkOneOf(functionName, 'spacing', spacing, ['linspace', 'leading', 'trailing']);
  checkInteger(functionName, 'stepsOffset', stepsOffset, 0);
  if (spacing !== 'leading' && stepsOffset > 0) {
    throw argumentError(functionName, 'stepsOffset', stepsOffset, `0 with the spacing '${spacing}'`);
  }
  const laid = steps + (omitLast ? 1 : 0);
  const last = laid - 1;
  const timestep = (i: number): number => {
    if (spacing === 'trailing') return roundHalfToEven(length - (i * length) / steps) - 1;
    if (spacing === 'leading') return (last - i) * Math.floor(length / laid) + stepsOffset;
    const t = last === 0 ? length - 1 : ((last - i) * (length - 1)) / last;
    return omitLast ? roundHalfToEven(t) : t;
  };
  const timesteps = Float64Array.from({ length: steps }, (_, i) => timestep(i));
  if (timesteps[0] >= length) {
    throw argumentError(
      functionName,
      'stepsOffset',
      stepsOffset,
      `at most ${stepsOffset - (timesteps[0] - length + 1)} with these steps`,
    );
  }
  return timesteps;
}
