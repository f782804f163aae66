import { argumentError, checkNumber } from '../internal/checks.js';

/** A new value of a momentum whose buffer there is, or is not, from the start. */
export function changedMomentum(optimizer: string, momentum: number, value: number): number {
  if (momentum === 0 && value !== 0) {
    const accepted = `0: make the ${optimizer} with momentum above 0 to change it later`;
    throw argumentError(`${optimizer}: momentum`, value, accepted);
  }
  if (momentum > 0) checkNumber(`${optimizer}: momentum`, value, Number.MIN_VALUE);
  return value;
}
