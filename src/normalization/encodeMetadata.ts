import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';

/** A number that goes with an image, and how it is given to a network. */
export interface MetadataField {
  /** `'latitude'`, `'month'`, … */
  name: string;
  /**
   * `'linear'`; `'log'` for values that span magnitudes, such as the ground sampling distance; `'cyclic'` for those
   * that come round, such as months and longitudes, of which there are two numbers, sine and cosine. Default
   * `'linear'`.
   */
  encoding?: 'linear' | 'log' | 'cyclic';
  /** The values that become 0 and 1000; of `'cyclic'` one round, both ends being the same place: months [1, 13]. */
  range: readonly [from: number, to: number];
  /** `'degrees'`, `'m'`, … */
  unit?: string;
}

/**
 * Numbers that go with an image as a network with `useMetadata` takes them: each from 0 to 1000 over its range, where a
 * sinusoidal embedding tells values apart as it does timesteps. A value beyond the range of a `'linear'` or `'log'`
 * field lies beyond 0 and 1000.
 *
 * With {@link diffusionSatFields} they are those of DiffusionSat (Khanna et al. 2024), for its weights.
 *
 * @param values A value a field, in their order, in the fields' units; NaN, null or undefined: it is not known.
 * @returns A number a field, two a cyclic one; NaN for what is not known, whose embedding is then zero.
 * @throws {ConfigError} If there are not as many values as fields, a range is none, or a value of a `'log'` field is
 * not above 0 or one is infinite.
 * @example
 * ```ts
 * import { encodeMetadata, type MetadataField } from 'diffusion-ssl/normalization';
 *
 * const fields: MetadataField[] = [
 *   { name: 'latitude', range: [-90, 90] },
 *   { name: 'gsd', encoding: 'log', range: [0.1, 1000] },
 *   { name: 'month', encoding: 'cyclic', range: [1, 13] },
 * ];
 * console.log(encodeMetadata([45, 10, 4], fields)); // 750, 500, and 1000, 500 for a quarter of the round
 * ```
 */
export function encodeMetadata(
  values: readonly (number | null | undefined)[],
  fields: readonly MetadataField[],
): Float32Array {
  if (values.length !== fields.length) {
    throw argumentError('encodeMetadata: values', values, `${fields.length} values, one a field`);
  }
  return Float32Array.from(fields.flatMap((field, i) => encode(field, values[i] ?? Number.NaN)));
}

function encode({ name, encoding = 'linear', range }: MetadataField, value: number): number[] {
  checkOneOf(`encodeMetadata: encoding of ${name}`, encoding, ['linear', 'log', 'cyclic']);
  const [from, to] = range;
  checkNumber(`encodeMetadata: range of ${name}`, from);
  checkNumber(`encodeMetadata: range of ${name}`, to);
  if (!(from < to) || (encoding === 'log' && from <= 0)) {
    const accepted = `two ascending numbers${encoding === 'log' ? ' above 0' : ''}`;
    throw argumentError(`encodeMetadata: range of ${name}`, range, accepted);
  }
  if (Number.isNaN(value)) return encoding === 'cyclic' ? [value, value] : [value];
  if (!Number.isFinite(value) || (encoding === 'log' && value <= 0)) {
    const accepted = encoding === 'log' ? 'a number above 0' : 'a finite number';
    throw new ConfigError(
      `encodeMetadata: ${name} is ${value}; it must be ${accepted}, or NaN if not known.`,
    );
  }
  if (encoding === 'log') return [(1000 * Math.log(value / from)) / Math.log(to / from)];
  const part = (value - from) / (to - from);
  if (encoding === 'linear') return [1000 * part];
  return [500 + 500 * Math.sin(2 * Math.PI * part), 500 + 500 * Math.cos(2 * Math.PI * part)];
}
