import { argumentError } from '../internal/checks.js';

/**
 * Throws unless `alphaBars` is a list that may be ᾱ by timestep: ᾱ never ascends, as betas do, which are easily given
 * in its place. Looks at both ends alone: the range of a value is checked where it is read. `argument` as in
 * `argumentError`.
 */
export function checkAlphaBars(argument: string, alphaBars: ArrayLike<number>): void {
  const accepted = 'ᾱ of each timestep, as in { alphaBars } = computeAlphaSchedule(betas)';
  const length = alphaBars?.length;
  if (!(length > 0) || typeof alphaBars[0] !== 'number') {
    throw argumentError(argument, alphaBars, accepted);
  }
  const [first, last] = [alphaBars[0], alphaBars[length - 1]];
  if (first <= last && last <= 1 && length > 1) {
    throw argumentError(argument, [first, '…', last], `${accepted}, which descends (betas ascend)`);
  }
}
