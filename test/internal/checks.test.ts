import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { argumentError } from '../../src/internal/checks.js';
import { inFunction } from '../../src/internal/inFunction.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

describe('argumentError', () => {
  const circular: Record<string, unknown> = { a: 1, b: { c: 2 } };
  circular.itself = circular;
  it.each([
    ['a word', "'a word'"],
    [undefined, 'undefined'],
    [null, 'null'],
    [[1, 2, 3], '[1, 2, 3]'],
    [Array.from({ length: 9 }, (_, i) => i), '[0, 1, 2, 3, 4, 5, 6, 7, …]'],
    [[{ x0: {}, t: 1 }], '[{ x0, t }]'],
    [new Float64Array(2), 'Float64Array'],
    [{ seed: 1, step: 'a' }, '{"seed":1,"step":"a"}'],
    [circular, '{ a, b, itself }'],
    [function named() {}, 'function named'],
    [() => {}, 'function '],
  ])('describes %s', (value, described) => {
    expect(argumentError('f: n', value, 'another').message).toBe(`f: n is ${described}; it must be another.`);
  });

  it('describes a tensor', () => {
    const message = argumentError('f: n', tf.zeros([2, 3]), 'another').message;
    expect(message).toBe('f: n is float32 tensor [2,3]; it must be another.');
  });
});

describe('inFunction', () => {
  const thrown = (body: () => unknown) => {
    try {
      inFunction('outer', body);
    } catch (error) {
      return error as Error;
    }
    throw new Error('did not throw');
  };

  it('names the function in an error about an argument, and returns what the body does', () => {
    const error = thrown(() => {
      throw argumentError('steps', 0, 'at least 1');
    });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe('outer: steps is 0; it must be at least 1.');
    expect(inFunction('outer', () => 3)).toBe(3);
  });

  it('leaves an error that names its function, and every other', () => {
    const inner = argumentError('Class.inner: steps', 0, 'at least 1');
    for (const error of [inner, new Error('steps: something else'), new TypeError('none')]) {
      expect(
        thrown(() => {
          throw error;
        }),
      ).toBe(error);
    }
  });
});
