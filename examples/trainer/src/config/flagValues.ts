import { InvalidArgumentError, Option } from 'commander';
import { decimal } from './decimal.js';
import { listItems } from './listItems.js';

/** A flag that takes one of some words. */
export function choice(
  flags: string,
  description: string,
  values: readonly string[],
  initial?: string,
): Option {
  return new Option(flags, description).choices(values).default(initial);
}

/** Reads a number of at least 0. */
export function number(text: string): number {
  const value = decimal(text);
  if (!(value >= 0)) throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}

/** Reads a number above 0. */
export function positive(text: string): number {
  const value = decimal(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Reads a number from 0 to 1. */
export function share(text: string): number {
  const value = decimal(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}

/** Makes a reader of a number from 0 to below `limit`. */
export function numberBelow(limit: number): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!(value >= 0 && value < limit)) {
      throw new InvalidArgumentError(`It must be a number from 0 to below ${limit}.`);
    }
    return value;
  };
}

/** Makes a reader of an integer of at least `min`, and at most `max`. */
export function integer(min: number, max?: number): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!Number.isSafeInteger(value) || value < min || value > (max ?? value)) {
      const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
      throw new InvalidArgumentError(`It must be an integer ${range}.`);
    }
    return value;
  };
}

/** Makes a reader of one of some numbers. */
export function oneOfNumbers(values: readonly number[]): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!values.includes(value)) throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`);
    return value;
  };
}

/** Reads names separated by blanks or commas. */
export function names(text: string): string[] {
  return itemsOf(text, 'It must be names');
}

/** Reads numbers separated by blanks or commas. */
export function numbers(text: string): number[] {
  return itemsOf(text, 'It must be numbers').map((item) => {
    const value = decimal(item);
    if (Number.isNaN(value)) throw new InvalidArgumentError(`'${item}' is not a number.`);
    return value;
  });
}

/** Makes a reader of integers of at least `min`, as many as `counts` allows. */
export function integers(min: number, counts?: readonly number[]): (text: string) => number[] {
  const what = `integers of at least ${min}`;
  return (text) => {
    const values = numbers(text);
    if (
      values.every((value) => Number.isSafeInteger(value) && value >= min) &&
      (counts?.includes(values.length) ?? true)
    )
      return values;
    throw new InvalidArgumentError(`It must be ${counts ? `${counts.join(' or ')} ` : ''}${what}.`);
  };
}

/** Makes a reader of numbers of at least 0, as many as `count` where that is given. */
export function numbersOf(count?: number): (text: string) => number[] {
  return (text) => {
    const values = numbers(text);
    if (values.every((value) => value >= 0) && values.length === (count ?? values.length)) return values;
    throw new InvalidArgumentError(`It must be ${count ? `${count} ` : ''}numbers of at least 0.`);
  };
}

/** Reads numbers, or the word none as null. */
export function numbersOrNone(text: string): number[] | null {
  return text.trim() === 'none' ? null : numbers(text);
}

/** Makes a reader of two numbers of at least `min`, the second not below the first, or the word none as null. */
export function range(min = -Infinity): (text: string) => [number, number] | null {
  const bound = Number.isFinite(min) ? ` of at least ${min}` : '';
  return (text) => {
    if (text.trim() === 'none') return null;
    const [low, high, ...more] = numbers(text);
    if (high === undefined || more.length > 0 || high < low || low < min) {
      throw new InvalidArgumentError(
        `It must be two numbers${bound}, the second not below the first, or none.`,
      );
    }
    return [low, high];
  };
}

function itemsOf(text: string, accepted: string): string[] {
  try {
    return listItems(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message} ${accepted} separated by blanks or commas.`);
  }
}
