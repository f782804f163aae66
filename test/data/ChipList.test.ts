import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChipList } from '../../src/data/index.js';

describe('ChipList', () => {
  it('gives back what was added', () => {
    const valid = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(fc.array(valid, { minLength: 1, maxLength: 3 })), (rows) => {
        const list = new ChipList();
        for (const images of rows) list.push({ images });
        expect(list.length).toBe(rows.length);
        expect([...list].map((row) => row.images)).toEqual(rows);
        expect(list.at(rows.length)).toBeUndefined();
        expect(list.at(-1)).toBeUndefined();
      }),
    );
  });

  it('holds little more than the paths', () => {
    const list = new ChipList();
    let length = 0;
    for (let i = 0; i < 20_000; i++) {
      const image = `tiles/${i % 100}/chip_${i}.tif`;
      length += image.length;
      list.push({ images: [image] });
    }
    expect(list.byteLength).toBeLessThan(1.5 * (length + 4 * 20_000) + 2048);
  });

  it('refuses rows that it could not give back', () => {
    expect(() => new ChipList().push({ images: ['a\0b'] })).toThrow('ChipList.push: images is ["a\\u0000b"]');
    expect(() => new ChipList().push({ images: [] })).toThrow('ChipList.push: images is []');
  });
});
