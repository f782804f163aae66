import { describe, expect, it } from 'vitest';
import { parseCatalog } from '../../src/data/index.js';

describe('parseCatalog', () => {
  it('reads a byte order mark, CRLF, quotes, empty lines and further columns', () => {
    const text = '\uFEFFimage,usage,note\r\n"a, b.tif",train,"says ""hi"""\r\n\r\nc.tif, validate ,x\r\n';
    expect(parseCatalog(text)).toEqual([
      {
        line: 2,
        usage: 'train',
        images: ['a, b.tif'],
        values: { image: 'a, b.tif', usage: 'train', note: 'says "hi"' },
      },
      {
        line: 4,
        usage: 'validate',
        images: ['c.tif'],
        values: { image: 'c.tif', usage: 'validate', note: 'x' },
      },
    ]);
  });

  it('takes several image columns in the order asked for', () => {
    const rows = parseCatalog('b,a,split\n1.tif,2.tif,test\n3.tif,4.tif,predict', {
      imageColumns: ['a', 'b'],
      usageColumn: 'split',
    });
    expect(rows.map((row) => [row.usage, ...row.images])).toEqual([
      ['test', '2.tif', '1.tif'],
      ['predict', '4.tif', '3.tif'],
    ]);
  });

  it.each([
    ['', {}, 'c.csv: the file is empty'],
    ['img,usage\na,train', {}, "c.csv, line 1: no column 'image'; the columns are 'img', 'usage'"],
    ['image,split\na,train', {}, "c.csv, line 1: no column 'usage'"],
    ['image,image,usage\na,b,train', {}, "c.csv, line 1: more than one column 'image'"],
    ['image,usage\na,train\nb,inference', {}, "c.csv, line 3, column 'usage': 'inference' is not one of"],
    ['image,usage\n,train', {}, "c.csv, line 2, column 'image': the path is empty"],
    ['image,usage\na,train\nb', {}, 'c.csv, line 3: 1 fields, but the header has 2 columns'],
    ['image,usage\n"a,train', {}, 'c.csv: not a CSV file'],
    ['image,usage', { imageColumns: [] }, 'imageColumns is empty'],
  ])('refuses %j', (text, options, message) => {
    expect(() => parseCatalog(text, { file: 'c.csv', ...options })).toThrow(message);
  });
});
