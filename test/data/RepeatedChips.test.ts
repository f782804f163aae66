import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogRow, CatalogUsage } from '../../src/data/index.js';
import { RepeatedChips } from '../../src/data/RepeatedChips.js';

const USAGES = ['train', 'validate', 'test', 'predict'] as const;

/** What is found in rows such as `train a.tif b.tif`, which begin in line 2. */
function repeatsOf(...rows: string[]) {
  const repeated = new RepeatedChips();
  rows.forEach((row, i) => {
    const [usage, ...images] = row.split(' ');
    repeated.add({ line: i + 2, usage: usage as CatalogUsage, images, values: {} } satisfies CatalogRow);
  });
  return repeated.repeats().map(({ usages, count, examples }) => ({
    found: `${count} ${usages.join(' ')}`,
    examples: examples.map(({ line, chip }) => `${line} ${chip}`),
  }));
}

describe('RepeatedChips', () => {
  it('finds nothing where each chip stands once, or is in predict too', () => {
    expect(
      repeatsOf('train a', 'train b', 'validate A', 'test a/b', 'train a b', 'train b a', 'predict a'),
    ).toEqual([]);
  });

  it('counts chips of two splits once, in whichever order they come', () => {
    expect(repeatsOf('validate a', 'train b', 'train a', 'test b', 'train a', 'validate b')).toEqual([
      { found: '2 train validate', examples: ['4 a', '7 b'] },
      { found: '1 train test', examples: ['5 b'] },
      { found: '1 validate test', examples: ['7 b'] },
      { found: '1 train train', examples: ['6 a'] },
    ]);
  });

  it('shows the first rows only', () => {
    const rows = Array.from({ length: 10 }, (_, i) => `predict ${i % 2}`);
    expect(repeatsOf(...rows)).toEqual([{ found: '8 predict predict', examples: ['4 0', '5 1', '6 0'] }]);
  });

  it.each([
    ['a/b.tif', './a/b.tif'],
    ['a/b.tif', 'a//b.tif'],
    ['a/b.tif', 'a/./b.tif'],
    ['a/b.tif', 'a\\b.tif'],
    ['a/b.tif', '.\\a\\.\\b.tif'],
    ['a/b.tif', 'c/../a/b.tif'],
    ['b.tif', 'a/..//b.tif'],
    ['https://host/a/b.tif', 'HTTPS://HOST:443/a/c/../b.tif'],
  ])('takes %j and %j for one', (one, other) => {
    expect(repeatsOf(`train ${one}`, `validate ${other}`)).toEqual([
      {
        found: '1 train validate',
        examples: [`3 ${other}`],
      },
    ]);
  });

  it.each([
    ['a/b.tif', 'a/b.tiff'],
    ['a/b.tif', 'a.b.tif'],
    ['a/b.tif', 'ab.tif'],
    ['a/.b.tif', 'a/b.tif'],
    ['a/..b', 'b'],
    ['https://host/a.tif', 'http://host/a.tif'],
    ['https://host/a.tif', 'https://host/A.tif'],
    ['a b', 'b'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(repeatsOf(`train ${one}`, `validate ${other}`)).toEqual([]);
  });

  it('leaves the query of an address out of what it says', () => {
    const [{ examples }] = repeatsOf(
      ...Array.from({ length: 2 }, () => 'train https://me:pw@host/a.tif?sig=x b.tif'),
    );
    expect(examples).toEqual(['3 https://host/a.tif?… + b.tif']);
  });

  it('counts as a set of all paths counts', () => {
    const row = fc.tuple(fc.constantFrom(...USAGES), fc.constantFrom(...'abcdefgh'));
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const counts = new Map<string, number>();
        const add = (pair: string, n: number) => n > 0 && counts.set(pair, n);
        const of = (usage: string) => rows.filter((r) => r[0] === usage).map((r) => r[1]);
        const distinct = Object.fromEntries(USAGES.map((usage) => [usage, new Set(of(usage))]));
        for (const [first, second] of ['train validate', 'train test', 'validate test'].map((p) =>
          p.split(' '),
        ))
          add(`${first} ${second}`, [...distinct[first]].filter((chip) => distinct[second].has(chip)).length);
        for (const usage of USAGES) add(`${usage} ${usage}`, of(usage).length - distinct[usage].size);
        const expected = [...counts].map(([pair, count]) => `${count} ${pair}`);
        expect(repeatsOf(...rows.map((r) => r.join(' '))).map(({ found }) => found)).toEqual(expected);
      }),
    );
  });
});
