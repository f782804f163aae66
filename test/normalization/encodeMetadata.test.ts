import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { encodeMetadata, type MetadataField } from '../../src/normalization/encodeMetadata.js';
import { expectClose } from '../support/compare.js';

const month: MetadataField = { name: 'month', encoding: 'cyclic', range: [1, 13] };
const gsd: MetadataField = { name: 'gsd', encoding: 'log', range: [0.1, 1000], unit: 'm' };

describe('encodeMetadata', () => {
  it('is linear by default, also beyond the range', () => {
    const field: MetadataField = { name: 'latitude', range: [-90, 90] };
    expectClose(encodeMetadata([-90, 0, 90, 99], [field, field, field, field]), [0, 500, 1000, 1050], {
      abs: 1e-4,
    });
  });

  it('has equal steps for equal factors where it is logarithmic', () => {
    expectClose(encodeMetadata([0.1, 1, 10, 1000, 10_000], Array(5).fill(gsd)), [0, 250, 500, 1000, 1250], {
      abs: 1e-3,
    });
  });

  it('brings December next to January', () => {
    const of = (value: number) => encodeMetadata([value], [month]);
    const distance = (a: number, b: number) => Math.hypot(...of(a).map((value, i) => value - of(b)[i]));
    expect(distance(12, 1)).toBeCloseTo(distance(6, 7), 3);
    expect(distance(1, 7)).toBeCloseTo(1000, 3);
    expect(distance(1, 13)).toBeCloseTo(0, 3);
    expectClose(of(4), [1000, 500], { abs: 1e-3 });
  });

  it('keeps what is not known unknown', () => {
    const encoded = encodeMetadata([null, undefined, Number.NaN], [month, gsd, { name: 'x', range: [0, 1] }]);
    expect([...encoded]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it.each([
    [[1, 2], [month], 'encodeMetadata: values is [1, 2]; it must be 1 values'],
    [[0], [gsd], 'encodeMetadata: gsd is 0; it must be a number above 0'],
    [[Number.POSITIVE_INFINITY], [month], 'encodeMetadata: month is Infinity; it must be a finite number'],
    [
      [1],
      [{ ...gsd, range: [0, 1] }],
      'encodeMetadata: range of gsd is [0, 1]; it must be two ascending numbers above',
    ],
    [[1], [{ ...month, range: [2, 2] }], 'encodeMetadata: range of month is [2, 2]'],
    [[1], [{ ...month, range: [2, Number.NaN] }], 'encodeMetadata: range of month is NaN'],
    [[1], [{ ...month, encoding: 'sqrt' }], "encodeMetadata: encoding of month is 'sqrt'"],
  ] as [number[], MetadataField[], string][])('refuses %j of %j', (values, fields, message) => {
    expect(() => encodeMetadata(values, fields)).toThrow(message);
    expect(() => encodeMetadata(values, fields)).toThrow(ConfigError);
  });
});
