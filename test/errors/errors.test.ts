import { describe, expect, it } from 'vitest';
import * as errors from '../../src/errors/index.js';
import { argumentError } from '../../src/internal/checks.js';
import { NonFiniteLossError } from '../../src/training/NonFiniteLossError.js';

describe('the error classes', () => {
  it.each(Object.entries(errors))(
    '%s has its name, message and cause, and is an Error',
    (name, ErrorClass) => {
      const cause = new TypeError('behind it');
      const error = new ErrorClass('what is wrong', { cause });
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(errors.DiffusionSslError);
      expect(error).toMatchObject({ name, message: 'what is wrong', cause });
      expect(String(error)).toBe(`${name}: what is wrong`);
      expect(new ErrorClass('without')).not.toHaveProperty('cause');
    },
  );

  it('are told apart by instanceof', () => {
    const { DiffusionSslError: _, ...kinds } = errors;
    for (const [name, ErrorClass] of Object.entries(kinds)) {
      const error = new ErrorClass('');
      const matching = Object.entries(kinds).filter(([, Kind]) => error instanceof Kind);
      expect(matching.map(([kind]) => kind)).toEqual([name]);
    }
  });

  it('cover arguments and losses that are not finite', () => {
    const error = argumentError('f', 'n', 0, 'at least 1');
    expect(error).toBeInstanceOf(errors.ConfigError);
    expect(error.message).toBe('f: n is 0; it must be at least 1.');
    expect(new NonFiniteLossError(Number.NaN)).toBeInstanceOf(errors.DiffusionSslError);
  });
});
