import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatalogReader } from '../../src/data/CatalogReader.js';
import { CatalogText } from '../../src/data/CatalogText.js';
import { parseCatalog } from '../../src/data/index.js';

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;

/** The same text as bytes. */
const ENCODINGS: Record<string, (text: string) => Uint8Array> = {
  'utf-8': (text) => Buffer.from(text, 'utf8'),
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
};

describe('CatalogReader', () => {
  it('reads what was written, by any separator and line end, however the bytes are cut in pieces', () => {
    const field = fc
      .string({
        unit: fc.constantFrom('a', 'é', '🛰', 'ਊ', ',', ';', '\t', '|', '"', '\n', '\r', ' ', '.'),
        minLength: 1,
        maxLength: 6,
      })
      .filter((text) => text.trim() === text && !text.includes('..'));
    const row = fc.record({
      image: field,
      usage: fc.constantFrom('train', 'validate', 'test', 'predict'),
      more: fc.constantFrom('', '\n'),
    });
    const format = fc.record({
      separator: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
      line: fc.constantFrom('', 'sep='),
      quoted: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(row),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        format,
        (rows, cuts, { separator, end, encoding, line, quoted }) => {
          const header = ['image', 'usage', 'note; of, all|\t'].map((name, i) =>
            quoted || i === 2 ? quote(name) : name,
          );
          const text = [
            `\uFEFF${line && `${line}${separator}${end}`}${header.join(separator)}${end}`,
            ...rows.map((r) => {
              const fields = [quote(r.image), quoted ? quote(r.usage) : ` ${r.usage}`, '0'];
              return `${fields.join(separator)}${end}${r.more && end}`;
            }),
          ].join('');
          const whole = parseCatalog(text);
          expect(whole.map((r) => [r.images[0], r.usage])).toEqual(rows.map((r) => [r.image, r.usage]));
          const bytes = ENCODINGS[encoding](text);
          expect(parseCatalog(bytes)).toEqual(whole);
          const reader = new CatalogReader({});
          const decoded = new CatalogText('catalog');
          const pieces = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const next = at + cuts[i % cuts.length];
            // The decoder cuts at line ends, so its text is cut once more.
            for (const letter of decoded.push(bytes.subarray(at, next))) pieces.push(...reader.push(letter));
            at = next;
          }
          pieces.push(...reader.push(decoded.end()), ...reader.end());
          expect(pieces).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves a byte order mark within the text to who reads it, wherever the pieces are cut', () => {
    const bytes = Buffer.from('a\n\uFEFF"b"\n');
    const text = new CatalogText('catalog');
    expect([text.push(bytes.subarray(0, 2)), text.push(bytes.subarray(2))]).toEqual(['a\n', '\uFEFF"b"\n']);
  });
});
