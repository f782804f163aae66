import { Command, type Option } from 'commander';
import { CheckpointError } from 'diffusion-ssl/errors';
import { addDataFlags } from './addDataFlags.js';
import { addModelFlags } from './addModelFlags.js';
import { addTrainingFlags } from './addTrainingFlags.js';
import { NULLABLE_FIELDS } from './PretrainConfig.js';
import { showValue } from './showValue.js';

/**
 * Checks the configuration that a checkpoint holds against the flags: what they must have, and that each is of the kind
 * and, if a number or a word, in the range that its flag takes.
 *
 * @throws At the first field that is not; the message names it and its value.
 */
export function checkSavedConfig(config: Readonly<Record<string, unknown>>): void {
  const program = new Command();
  addDataFlags(program);
  addTrainingFlags(program);
  addModelFlags(program);
  const defaults = program.opts<Record<string, unknown>>();
  for (const option of program.options) {
    const field = option.attributeName();
    const value = config[field];
    if (value === undefined && defaults[field] === undefined) continue;
    const accepted = acceptedBy(option, defaults[field], value);
    if (accepted === undefined) continue;
    throw new CheckpointError(
      `the run's state: config.${field} is ${showValue(value)}; it must be ${accepted}.`,
    );
  }
}

/** Texts of which each flag without a default takes one or more. */
const TRIED = ['1', '0.5', '64', '1,1', '1,1,1'];

/** What an option accepts, if that is not the value. */
function acceptedBy(option: Option, initial: unknown, value: unknown): string | undefined {
  if (option.argChoices)
    return option.argChoices.includes(value as string) ? undefined : `one of ${option.argChoices.join(', ')}`;
  if (option.isBoolean() || option.negate) return typeof value === 'boolean' ? undefined : 'true or false';
  const tried = TRIED.map((text) => parsed(option, text).value).filter((made) => made !== undefined);
  const example =
    initial === undefined || (Array.isArray(initial) && initial.length === 0) ? tried[0] : initial;
  if (typeof example === 'number') {
    if (typeof value !== 'number') return 'a number';
    return parsed(option, String(value)).problem;
  }
  if (Array.isArray(example)) {
    if (value === null && (NULLABLE_FIELDS as readonly string[]).includes(option.attributeName()))
      return undefined;
    const fits = (item: unknown) =>
      typeof item === typeof example[0] && (typeof item === 'string' || Number.isFinite(item));
    return Array.isArray(value) && value.every(fits) ? undefined : `a list of ${typeof example[0]}s`;
  }
  if (typeof example === 'object' && example !== null)
    return hasNumbers(value, Object.keys(example)) ? undefined : 'an object of numbers';
  // Statistics may stand in the configuration themselves.
  const isObject = typeof value === 'object' && value !== null && option.attributeName() === 'globalStats';
  return typeof value === 'string' || isObject ? undefined : 'a text';
}

/** What a flag makes of a text, or what the text should be. */
function parsed(option: Option, text: string): { value?: unknown; problem?: string } {
  try {
    return { value: option.parseArg?.(text, undefined) };
  } catch (error) {
    return { problem: (error as Error).message.replace(/^It must be (.*)\.$/, '$1') };
  }
}

function hasNumbers(value: unknown, keys: readonly string[]): boolean {
  return keys.every((key) => Number.isFinite((value as Record<string, unknown> | null)?.[key]));
}
