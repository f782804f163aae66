import { ConfigError } from '../errors/ConfigError.js';

/**
 * An error about one argument: names the function, the argument, the value received and what is accepted.
 *
 * @param argument The function and its argument, `makeBetaSchedule: timesteps`; the argument alone in what several
 * functions share, which they call by `inFunction`.
 */
export function argumentError(argument: string, received: unknown, accepted: string): ConfigError {
  return new ConfigError(`${argument} is ${describe(received)}; it must be ${accepted}.`);
}

function describe(value: unknown, depth = 0): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}`;
  if (Array.isArray(value)) {
    if (depth > 2) return '[…]';
    const shown = value
      .slice(0, 8)
      .map((entry) => (entry instanceof Object ? describe(entry, depth + 1) : entry));
    return `[${shown.join(', ')}${value.length > 8 ? ', …' : ''}]`;
  }
  if (!(value instanceof Object)) return String(value);
  const { dtype, shape } = value as { dtype?: string; shape?: number[] };
  if (dtype && shape) return `${dtype} tensor [${shape}]`;
  const flat = Object.values(value).every((entry) => !(entry instanceof Object));
  return flat ? JSON.stringify(value) : `{ ${Object.keys(value).slice(0, 8).join(', ')} }`;
}

/** Throws unless `value` is an integer in [min, max]. `argument` as in {@link argumentError}. */
export function checkInteger(
  argument: string,
  value: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw argumentError(argument, value, `an integer ${range}`);
  }
}

/** Throws unless `value` is a finite number in [min, max]. `argument` as in {@link argumentError}. */
export function checkNumber(
  argument: string,
  value: number,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
): void {
  if (!Number.isFinite(value) || value < min || value > max) {
    throw argumentError(argument, value, `a finite number in [${min}, ${max}]`);
  }
}

/** Throws unless `value` is one of `accepted`. `argument` as in {@link argumentError}. */
export function checkOneOf<T extends string>(argument: string, value: T, accepted: readonly T[]): void {
  if (!accepted.includes(value)) {
    throw argumentError(argument, value, `one of ${accepted.map((a) => `'${a}'`).join(', ')}`);
  }
}
