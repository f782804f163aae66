import { describe, expect, it } from 'vitest';
import { longLines } from '../../scripts/lib/longLines.js';

const words = (length: number) => 'words '.repeat(length / 6).padEnd(length, 'é');

describe('longLines', () => {
  it('names each line of more than 120 characters, not bytes', () => {
    expect(longLines('a.md', `${words(120)}\r\n${words(121)}\n\n${words(126)}`)).toEqual([
      'a.md:2: 121 characters, more than 120',
      'a.md:4: 126 characters, more than 120',
    ]);
  });

  it.each([
    ['a comment', `// ${words(120)}`, 1],
    ['a doc comment', `/** ${words(120)} */`, 1],
    ['a division', `const x = a / ${words(120)} / b;`, 1],
    ['prose with an address', `See https://example.org/${'a'.repeat(120)}`, 1],
    ['a row of a table', `| ${words(120)} |`, 0],
    ['a regular expression', `      /^${words(120)}$/s,`, 0],
    ['an address', `  https://example.org/${'a'.repeat(120)}`, 0],
  ])('of %s', (_, line, count) => {
    expect(longLines('a.ts', line)).toHaveLength(count);
  });
});
