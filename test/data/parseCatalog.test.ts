// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so a path names a variable.
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
      '~tmp.tif',
      '~old/a.tif',
      'a~/~b.tif',
      'a$b/$c.tif',
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

  const usual = [
    { line: 2, usage: 'train', images: ['a,b.tif'] },
    { line: 3, usage: 'validate', images: ['c.tif'] },
  ];
  const inShort = (rows: ReturnType<typeof parseCatalog>) =>
    rows.map(({ line, usage, images }) => ({ line, usage, images }));

  it.each([
    ['semicolons', 'image;usage\na,b.tif;train\nc.tif;validate\n'],
    ['tabs', 'image\tusage\r\na,b.tif\ttrain\r\n c.tif \t validate'],
    ['vertical bars', 'usage | image\ntrain | a,b.tif\nvalidate | c.tif\n'],
    ['decimal commas', 'image;cloud;usage\na,b.tif;0,5;train\nc.tif;;validate\n'],
    ['quotes', '"image";"usage"\n"a,b.tif";"train"\n"c.tif";"validate"\n'],
    ['a quoted comma in the header', '"image";"usage, or split";"usage"\na,b.tif;x;train\nc.tif;;validate'],
    ['carriage returns', 'image;usage\ra,b.tif;train\rc.tif;validate\r'],
    ['carriage returns, quotes', '"image","usage"\r"a,b.tif",train\r"c.tif",validate'],
    ['lines of separators', 'image;usage\na,b.tif;train\nc.tif;validate\n;\n;;;\n ; \n'],
    ['columns without a name', 'image;usage;;\na,b.tif;train;;\nc.tif;validate;;\n'],
  ])('reads %s', (_, text) => {
    expect(inShort(parseCatalog(text))).toEqual(usual);
    expect(inShort(parseCatalog(`\uFEFF${text}`))).toEqual(usual);
  });

  it.each([
    ['sep=;', ';'],
    ['SEP=;', ';'],
    ['"sep=;"', ';'],
    ['sep=\t', '\t'],
    ['sep=,', ','],
    ['sep=^', '^'],
    ['sep=;', ','],
  ])('passes over a first line %j before a header with %j', (line, separator) => {
    const rows = [
      ['image', 'usage'],
      ['"a,b.tif"', 'train'],
      ['c.tif', 'validate'],
    ];
    const text = [line, ...rows.map((fields) => fields.join(separator))].join('\r\n');
    expect(inShort(parseCatalog(text))).toEqual(usual.map((row) => ({ ...row, line: row.line + 1 })));
  });

  it('takes the separator by which all columns are found, not the most frequent one', () => {
    const rows = parseCatalog('usage;image;x,y,z,v,w\ntrain;a.tif;1,2,3,4,5');
    expect(inShort(rows)).toEqual([{ line: 2, usage: 'train', images: ['a.tif'] }]);
    const other = parseCatalog('usage,image,a;b;c;d\ntrain,a.tif,1;2;3;4');
    expect(other[0].values).toEqual({ usage: 'train', image: 'a.tif', 'a;b;c;d': '1;2;3;4' });
  });

  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  it.each([
    ['UTF-8', Buffer.from('image,usage\nZürich/☀.tif,train')],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFFimage;usage\r\nZürich/☀.tif;train\r\n')],
    ['UTF-16LE', utf16('\uFEFFimage\tusage\r\nZürich/☀.tif\ttrain\r\n')],
    ['UTF-16BE', utf16('\uFEFFimage\tusage\r\nZürich/☀.tif\ttrain').swap16()],
  ])('reads bytes of %s', (_, bytes) => {
    expect(parseCatalog(bytes)).toEqual(parseCatalog('image,usage\nZürich/☀.tif,train'));
  });

  it.each([
    ['Latin-1', Buffer.from('image,usage,place\na.tif,train,Zug\nb.tif,train,Zürich\n', 'latin1'), 3],
    ['Latin-1 by carriage returns', Buffer.from('image,usage\ra.tif,train\rä.tif,train', 'latin1'), 3],
    ['a letter cut in two at the end', Buffer.from('image,usage\nä').subarray(0, -1), 2],
    ['half a unit of UTF-16', utf16('\uFEFFimage,usage\r\na.tif,train').subarray(0, -1), 2],
  ])('names the line of %s', (_, bytes, line) => {
    expect(() => parseCatalog(bytes, { file: 'c.csv' })).toThrow(
      new RegExp(`^c\\.csv, line ${line}: bytes that are no UTF-(8|16) text.*[Ss]ave`, 's'),
    );
  });

  it('keeps a replacement character that was saved as one', () => {
    const text = 'image,usage,place\na.tif,train,Z\uFFFDrich\n';
    expect(parseCatalog(Buffer.from(text))).toEqual(parseCatalog(text));
  });

  it.each([
    ['without a byte order mark', utf16('image,usage\na.tif,train')],
    ['read as UTF-8', utf16('\uFEFFimage,usage\na.tif,train').toString('utf8')],
  ])('names UTF-16 %s', (_, source) => {
    expect(() => parseCatalog(source)).toThrow('catalog, line 1: zero characters: it is UTF-16');
  });

  it('refuses endless lines of bytes', () => {
    expect(() => parseCatalog(new Uint8Array(2 ** 22 + 1).fill(97))).toThrow(
      'a line of more than 4194304 bytes',
    );
  });

  it.each([
    ['', {}, 'c.csv: the file is empty'],
    [
      'img,usage\na,train',
      {},
      "c.csv, line 1: no column 'image'; the columns are 'img', 'usage' (separated by commas)",
    ],
    [
      'image;split\na;train',
      {},
      "no column 'usage'; the columns are 'image', 'split' (separated by semicolons)",
    ],
    [
      'image:usage\na:train',
      {},
      "the columns are 'image:usage' (which commas, semicolons, tabs or vertical bars",
    ],
    [
      'sep=;\na;b',
      {},
      "c.csv, line 2: no column 'image'; the columns are 'a', 'b' (separated by semicolons)",
    ],
    ['sep=;\n', {}, 'c.csv: the file is empty'],
    ['image\tusage\na.tif,train', {}, 'line 2: 1 fields separated by tabs, but the header has 2 columns'],
    [
      'image,usage,cloud\na.tif,train,0,5',
      {},
      'line 2: 4 fields separated by commas, but the header has 3 columns',
    ],
    ['image,usage\ra,train\nb,train\n', {}, 'line 2: 3 fields separated by commas'],
    ['image,usage\na,train\rb,train', {}, 'line 2: 3 fields separated by commas'],
    [`image,${'x'.repeat(5000)}\na,train`, {}, /^.{500,700}$/],
    ['image,split\na,train', {}, "c.csv, line 1: no column 'usage'"],
    ['image,image,usage\na,b,train', {}, "c.csv, line 1: more than one column 'image'"],
    ['image,usage\na,train\nb,inference', {}, "c.csv, line 3, column 'usage': 'inference' is not one of"],
    ['image,usage\n,train', {}, "c.csv, line 2, column 'image': the path is empty"],
    [
      'image,usage\na,train\nb',
      {},
      'c.csv, line 3: 1 fields separated by commas, but the header has 2 columns',
    ],
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
      "no column 'image'; the columns are 'a.tif', 'train' (separated by commas). Is the header line missing?",
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
    [
      'image,usage\n~/b.tif,train',
      {},
      "c.csv, line 2, column 'image': the path holds ~, which a catalog does not",
    ],
    ['image,usage\n$HOME/b.tif,train', {}, 'the path holds $HOME, which a catalog does not replace'],
    ['image,usage\na/${TILE}.tif,train', {}, 'the path holds ${TILE}, which'],
    ['image,usage\nhttps://host/${TILE}.tif?token=s3cret,train', {}, /^(?!.*s3cret).*holds \$\{TILE\}/],
    ['image,usage\na\0b,train', {}, 'holds a zero character'],
    ['image,usage', { imageColumns: [] }, 'imageColumns is empty'],
  ])('refuses %j', (text, options, message) => {
    expect(() => parseCatalog(text, { file: 'c.csv', ...options })).toThrow(message);
  });
});
