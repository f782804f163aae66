import { checkInteger, checkOneOf } from '../internal/checks.js';
import type { TimestepSpacing } from './spaceTimesteps.js';

/** What {@link layTimesteps} goes by. */
interface Laying {
  spacing: TimestepSpacing;
  /** Added to every timestep of `'leading'`. */
  stepsOffset?: number;
  /** Whether those of `'linspace'` may lie between two trained timesteps. */
  isFractional?: boolean;
  /** The schedule's own length where less of it, from 0 on, is used: intervals of `'trailing'` are parts of that. */
  trainTimesteps?: number;
}

/** Rounds to the nearest integer and halves to the even one, as numpy does. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/**
 * `steps` descending timesteps over the first `length` trained ones, rounded as numpy does what diffusers asks of it:
 * the halves fall as its `arange` and `linspace` sum up, by intervals that are rounded themselves.
 */
export function layTimesteps(
  length: number,
  steps: number,
  { spacing, stepsOffset = 0, isFractional = false, trainTimesteps = length }: Laying,
): Float64Array {
  checkInteger('steps', steps, 1, length);
  checkOneOf('spacing', spacing, ['linspace', 'leading', 'trailing']);
  const whole = Math.floor(length / steps);
  const largestOffset = spacing === 'leading' ? length - 1 - (steps - 1) * whole : 0;
  checkInteger('stepsOffset', stepsOffset, 0, largestOffset);
  if (spacing === 'leading') {
    return Float64Array.from({ length: steps }, (_, i) => (steps - 1 - i) * whole + stepsOffset);
  }
  if (spacing === 'trailing') {
    const interval = trainTimesteps / steps;
    const stride = length - (length - interval);
    const count = trainTimesteps === length ? steps : Math.ceil(length / interval);
    return Float64Array.from({ length: count }, (_, i) => roundHalfToEven(length - i * stride) - 1);
  }
  const interval = (length - 1) / (steps - 1);
  return Float64Array.from({ length: steps }, (_, i) => {
    if (i === 0) return steps === 1 && !isFractional ? 0 : length - 1;
    const t = (steps - 1 - i) * interval;
    return isFractional ? t : roundHalfToEven(t);
  });
}
