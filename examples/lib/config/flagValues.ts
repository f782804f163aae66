import { InvalidArgumentError, Option } from 'commander';

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
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number of at least 0.');
  }
  return value;
}

/** Reads a number from 0 to 1. */
export function share(text: string): number {
  const value = number(text);
  if (value > 1) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}

/** Makes a reader of an integer of at least `min`. */
export function integer(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be an integer of at least ${min}.`);
    }
    return value;
  };
}

/** Makes a reader of one of some numbers. */
export function oneOfNumbers(values: readonly number[]): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !values.includes(value)) {
      throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`);
    }
    return value;
  };
}

/** Reads numbers separated by commas. */
export function numbers(text: string): number[] {
  const values = text
    .replaceAll(/[[\]\s]/g, '')
    .split(',')
    .map(Number);
  if (text.trim() === '' || !values.every(Number.isFinite)) {
    throw new InvalidArgumentError('It must be numbers separated by commas.');
  }
  return values;
}

/** Makes a reader of as many numbers as `count`. */
export function numbersOf(count: number): (text: string) => number[] {
  return (text) => {
    const values = numbers(text);
    if (values.length !== count) {
      throw new InvalidArgumentError(`It must be ${count} numbers separated by commas.`);
    }
    return values;
  };
}

/** Reads numbers, or the word none as null. */
export function numbersOrNone(text: string): number[] | null {
  return text.trim() === 'none' ? null : numbers(text);
}

/** Reads two numbers, the second not below the first, or the word none as null. */
export function range(text: string): [number, number] | null {
  if (text.trim() === 'none') return null;
  const [low, high, ...more] = numbers(text);
  if (high === undefined || more.length > 0 || high < low) {
    throw new InvalidArgumentError('It must be two numbers, the second not below the first, or none.');
  }
  return [low, high];
}

/** Reads names separated by commas. */
export function names(text: string): string[] {
  const values = text.split(',').map((name) => name.trim());
  if (values.some((name) => name === ''))
    throw new InvalidArgumentError('It must be names separated by commas.');
  return values;
}
