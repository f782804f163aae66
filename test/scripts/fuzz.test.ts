import { describe, expect, it } from 'vitest';
import { fuzzInput, fuzzOne } from '../../scripts/lib/fuzz.js';
import { type FuzzedParser, fuzzedParsers } from '../../scripts/lib/fuzzParsers.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { DataError } from '../../src/errors/DataError.js';

describe('the parsers of files from elsewhere', () => {
  it.each(Object.entries(fuzzedParsers))('%s reads or refuses 1,500 damaged files', async (_, parser) => {
    const count = { read: 0, refused: 0 };
    for (let index = 0; index < 1500; index++) {
      const outcome = await fuzzOne(parser, fuzzInput(parser, 20261121, index));
      if (outcome.kind === 'crash') throw new Error(`input ${index}: ${outcome.message}`);
      count[outcome.kind]++;
    }
    expect(count.read).toBeGreaterThan(5);
    expect(count.refused).toBeGreaterThan(500);
    for (const seed of parser.seeds.slice(0, 1))
      expect(await fuzzOne(parser, seed)).toEqual({ kind: 'read' });
  });
});

describe('fuzzOne', () => {
  const parser = (parse: FuzzedParser['parse']): FuzzedParser => ({
    seeds: [new Uint8Array(8)],
    words: ['x'],
    parse,
    refusalClass: DataError,
    refusal: /^p: /,
  });
  const outcomeOf = (parse: FuzzedParser['parse']) => fuzzOne(parser(parse), new Uint8Array(1));

  it('takes any other error than a promised refusal for a crash', async () => {
    const fails = (error: unknown) =>
      outcomeOf(() => {
        throw error;
      });
    expect(await fails(new DataError('p: no'))).toEqual({ kind: 'refused' });
    expect((await fails(new DataError('no'))).kind).toBe('crash');
    expect((await fails(new ConfigError('p: no'))).kind).toBe('crash');
    expect((await fails(new TypeError('p: no'))).kind).toBe('crash');
    expect((await fails('p: no')).kind).toBe('crash');
  });

  it('takes two seconds for a crash', async () => {
    const slow = await outcomeOf(() => {
      for (const start = process.cpuUsage(); process.cpuUsage(start).user < 2.1e6; );
    });
    expect(slow).toMatchObject({ kind: 'crash', message: expect.stringContaining('took') });
  });
});

describe('fuzzInput', () => {
  it('gives the same input for the same numbers, and others for others', () => {
    const { catalog } = fuzzedParsers;
    const inputs = Array.from({ length: 50 }, (_, index) => String(fuzzInput(catalog, 3, index)));
    expect(inputs).toEqual(inputs.map((_, index) => String(fuzzInput(catalog, 3, index))));
    expect(new Set(inputs).size).toBeGreaterThan(40);
    expect(String(fuzzInput(catalog, 4, 0))).not.toBe(inputs[0]);
  });
});
