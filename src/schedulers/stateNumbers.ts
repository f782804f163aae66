import { argumentError, checkNumber } from '../internal/checks.js';
import type { LrState } from './types.js';

/** The finite numbers of these names in a state. */
export function stateNumbers(functionName: string, state: LrState, names: readonly string[]): number[] {
  return names.map((name) => {
    const value = state?.[name];
    if (typeof value !== 'number')
      throw argumentError(`${functionName}: state.${name}`, value, 'a finite number');
    checkNumber(`${functionName}: state.${name}`, value);
    return value;
  });
}
