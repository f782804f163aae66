import { CheckpointError } from '../errors/CheckpointError.js';
import { checkInteger, checkNumber } from '../internal/checks.js';
import type { NamedVariable } from './OptimizerState.js';

/** What is checked of a state: its values need not have been read. */
export interface StateSizes {
  step: number;
  slots: Readonly<Record<string, ReadonlyMap<string, { length: number }>>>;
  scalars?: Readonly<Record<string, number>>;
}

/**
 * Throws unless a state has the slots and scalars of an optimizer, and in each slot the same parameters, of the sizes
 * given. A state of step 0 may have no slots.
 */
export function checkOptimizerState(
  { step, slots, scalars = {} }: StateSizes,
  parameters: readonly NamedVariable[],
  slotNames: readonly string[],
  scalarNames: readonly string[],
): void {
  checkInteger('restore: step', step, 0);
  for (const name of scalarNames) checkNumber(`restore: '${name}' of the state`, scalars[name]);
  const found = Object.keys(slots);
  if (step === 0 && found.length === 0) return;
  for (const slotName of slotNames) {
    if (!slots[slotName]) {
      throw new CheckpointError(
        `restore: the state has no '${slotName}' (it has ${found.join(', ') || 'none'}): it is another optimizer's.`,
      );
    }
  }
  for (const slotName of found) {
    if (!slotNames.includes(slotName)) {
      throw new CheckpointError(
        `restore: the state has '${slotName}', which this optimizer has not ` +
          `(it has ${slotNames.join(', ') || 'none'}): ` +
          'it is that of another optimizer, or of one with other options.',
      );
    }
  }
  const sizeOf = new Map(parameters.map(({ name, variable }) => [name, variable.size]));
  const saved = new Set(found.flatMap((slotName) => [...slots[slotName].keys()]));
  for (const slotName of slotNames) {
    for (const [name, { length }] of slots[slotName]) {
      const size = sizeOf.get(name);
      if (size !== length) {
        const expected = size === undefined ? 'there is no such parameter' : `the parameter has ${size}`;
        throw new CheckpointError(`restore: '${slotName}' of '${name}' has ${length} values; ${expected}.`);
      }
    }
    for (const name of saved) {
      if (!slots[slotName].has(name))
        throw new CheckpointError(`restore: the state has no '${slotName}' of '${name}'.`);
    }
  }
}
