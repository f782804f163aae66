import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatalogReader } from '../../src/data/CatalogReader.js';
import { parseCatalog } from '../../src/data/index.js';

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;

describe('CatalogReader', () => {
  it('reads what was written, however the text is cut in pieces', () => {
    const field = fc
      .string({ unit: fc.constantFrom('a', 'é', '🛰', ',', '"', '\n', ' ', '.'), minLength: 1, maxLength: 6 })
      .filter((text) => text.trim() === text && !text.includes('..'));
    const row = fc.record({
      image: field,
      usage: fc.constantFrom('train', 'validate', 'test', 'predict'),
      end: fc.constantFrom('\n', '\r\n', '\n\n'),
    });
    fc.assert(
      fc.property(fc.array(row), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (rows, cuts) => {
        const text = `\uFEFFimage,usage\n${rows.map((r) => `${quote(r.image)},${r.usage}${r.end}`).join('')}`;
        const whole = parseCatalog(text);
        expect(whole.map((r) => [r.images[0], r.usage])).toEqual(rows.map((r) => [r.image, r.usage]));
        const reader = new CatalogReader({});
        const pieces = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const next = at + cuts[i % cuts.length];
          pieces.push(...reader.push(text.slice(at, next)));
          at = next;
        }
        expect([...pieces, ...reader.end()]).toEqual(whole);
      }),
    );
  });
});
