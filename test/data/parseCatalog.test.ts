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

  it('takes paths that stay within the data path, and addresses', () => {
    const paths = [
      'a/../b.tif',
      './c.tif',
      'd..e/..f.tif',
      'https://host/a/../b.tif?x=1',
      'HTTP://host/c.tif',
    ];
    const rows = parseCatalog(`image,usage\n${paths.map((path) => `${path},train\n`).join('')}`);
    expect(rows.map((row) => row.images[0])).toEqual(paths);
  });

  it('takes quoted fields over several lines and counts their lines', () => {
    const text =
      'image,usage,note\na.tif,train,"two\r\nlines, ""quoted"""\r\n b.tif ,test,\n\n"c.tif",train," x "';
    const rows = parseCatalog(text);
    expect(rows.map(({ line, images, values }) => [line, images[0], values.note])).toEqual([
      [2, 'a.tif', 'two\r\nlines, "quoted"'],
      [4, 'b.tif', ''],
      [6, 'c.tif', ' x '],
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
    ['image,usage\n"a,train', {}, 'c.csv, line 2: not a CSV file: Quote Not Closed'],
    ['image,usage\n"a"b,train', {}, 'c.csv, line 2: not a CSV file'],
    [
      'image,usage\n"a,train\n'.concat('b,train\n'.repeat(2 ** 18)),
      {},
      'line 2: not a CSV file: a record of more',
    ],
    [
      'a.tif,train\nb.tif,train',
      {},
      "no column 'image'; the columns are 'a.tif', 'train'. Is the header line missing?",
    ],
    [
      'image,usage\n\n/etc/passwd,train',
      {},
      "c.csv, line 3, column 'image': '/etc/passwd' leaves the data path",
    ],
    ['image,usage\n../a.tif,train', {}, "c.csv, line 2, column 'image': '../a.tif' leaves the data path"],
    ['image,usage\na/../../b.tif,train', {}, "'a/../../b.tif' leaves the data path"],
    ['image,usage\na\\..\\..\\b.tif,train', {}, 'leaves the data path'],
    ['image,usage\nC:\\b.tif,train', {}, 'leaves the data path'],
    ['image,usage\nfile:///etc/passwd,train', {}, 'leaves the data path'],
    ['image,usage\nhttp://,train', {}, "line 2, column 'image': 'http://' is no address"],
    ['image,usage\na\0b,train', {}, 'holds a zero character'],
    ['image,usage', { imageColumns: [] }, 'imageColumns is empty'],
  ])('refuses %j', (text, options, message) => {
    expect(() => parseCatalog(text, { file: 'c.csv', ...options })).toThrow(message);
  });
});
