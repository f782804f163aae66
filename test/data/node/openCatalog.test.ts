import { once } from 'node:events';
import { createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalog, readCatalog, streamCatalog } from '../../../src/data/node/index.js';
import { fixturePath } from '../../support/fixtures.js';
import { removeFolder } from './chipFolder.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'catalog-'));
});
afterAll(() => removeFolder(folder));

const imageOf = (i: number) => `tile_${i % 100}/chip_${i}.tif`;
const usageOf = (i: number) => (i % 10 ? 'train' : 'validate');

async function writeCatalog(rows: number): Promise<string> {
  const file = path.join(folder, `${rows}.csv`);
  const stream = createWriteStream(file);
  stream.write('image,label,usage,country\n');
  for (let i = 0; i < rows; ) {
    let text = '';
    for (const end = Math.min(rows, i + 10_000); i < end; i++)
      text += `${imageOf(i)},label_${i}.tif,${usageOf(i)},Ghana\n`;
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  return file;
}

describe('openCatalog', () => {
  it('gives the rows of readCatalog by usage', async () => {
    const file = fixturePath('geotiff/catalog_two_columns.csv');
    const options = { imageColumns: ['image_b', 'image_a'] };
    const chips = await openCatalog(file, options);
    const rows = await readCatalog(file, options);
    expect(rows.length).toBeGreaterThan(0);
    for (const usage of ['train', 'validate', 'test', 'predict'] as const) {
      const images = rows.filter((row) => row.usage === usage).map((row) => row.images);
      expect([...chips[usage]].map((row) => row.images)).toEqual(images);
    }
  });

  it('opens 100,000 rows in less than two seconds and little memory', async () => {
    const file = await writeCatalog(100_000);
    const start = performance.now();
    const { train, validate } = await openCatalog(file);
    expect(performance.now() - start).toBeLessThan(2000);
    expect([train.length, validate.length]).toEqual([90_000, 10_000]);
    expect(train.at(89_999)).toEqual({ images: [imageOf(99_999)] });
    expect(train.byteLength + validate.byteLength).toBeLessThan(6e6);
  });

  it('counts chips of two splits and rows that stand twice', async () => {
    const file = path.join(folder, 'leak.csv');
    const rows = [
      'a.tif,train',
      'b.tif,train',
      './a.tif,validate',
      'c.tif,validate',
      'b.tif,train',
      'b.tif,predict',
    ];
    writeFileSync(file, `image,usage\n${rows.join('\n')}\n`);
    expect((await openCatalog(file)).repeats).toEqual([
      { usages: ['train', 'validate'], count: 1, examples: [{ line: 4, chip: './a.tif' }] },
      { usages: ['train', 'train'], count: 1, examples: [{ line: 6, chip: 'b.tif' }] },
    ]);
    writeFileSync(file, `image,usage\n${rows.slice(0, 2).join('\n')}\n`);
    expect((await openCatalog(file)).repeats).toEqual([]);
  });

  const lines = (ending: string) =>
    Array.from(
      { length: 20_000 },
      (_, i) => `tile_${i % 100}/Zürich_${i}.tif;${usageOf(i)};0,5${ending}`,
    ).join('');
  it.each([
    ['UTF-8', (text: string) => Buffer.from(text)],
    ['UTF-16LE', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16BE', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ])('reads %s in pieces, by every line end', async (name, encode) => {
    const file = path.join(folder, `${name}.csv`);
    for (const ending of ['\n', '\r\n', '\r']) {
      const bytes = encode(`image;usage;cloud${ending}${lines(ending)}`);
      expect(bytes.length).toBeGreaterThan(2 ** 19);
      writeFileSync(file, bytes);
      const { train, validate, repeats } = await openCatalog(file);
      expect([train.length, validate.length, repeats]).toEqual([18_000, 2_000, []]);
      expect(train.at(17_999)?.images).toEqual(['tile_99/Zürich_19999.tif']);
      const last = (await readCatalog(file)).at(-1);
      expect([last?.line, last?.values.cloud]).toEqual([20_001, '0,5']);
    }
  });

  it('names the line of bytes that are no UTF-8, however far in the file', async () => {
    const file = path.join(folder, 'latin1.csv');
    for (const ending of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(`image;usage;cloud${ending}${lines(ending)}`);
      const at = bytes.length - 20;
      bytes[at] = 0xfc;
      writeFileSync(file, bytes);
      await expect(openCatalog(file)).rejects.toThrow(
        /latin1\.csv, line 20001: bytes that are no UTF-8 text.*iconv -f WINDOWS-1252/s,
      );
    }
  });

  it.each([
    [
      'a workbook',
      Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0\xff\xfe[Content_Types].xml', 'latin1'),
      /ZIP archive, as \.xlsx/,
    ],
    ['a gzip', gzipSync('image,usage\na.tif,train\n'), /The file is a gzip archive\.$/],
    [
      'a page',
      Buffer.from('<!doctype html><html><title>Sign in</title>\n'),
      /The file is an HTML page titled “Sign in”/,
    ],
    [
      'a pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid x\n'),
      /The file is a Git LFS pointer/,
    ],
  ])('says that a file is %s', async (_, bytes, message) => {
    const file = path.join(folder, 'other.csv');
    writeFileSync(file, bytes);
    await expect(openCatalog(file)).rejects.toThrow(message);
  });

  it('names the file and the line of what is wrong', async () => {
    const file = path.join(folder, 'bad.csv');
    writeFileSync(file, 'image,usage\r\n"a.tif",train\r\n../b.tif,train\r\n');
    await expect(openCatalog(file)).rejects.toThrow(`${file}, line 3, column 'image': '../b.tif' leaves`);
    await expect(openCatalog(folder)).rejects.toThrow(`${folder}: the catalog cannot be read: EISDIR`);
    writeFileSync(file, '');
    await expect(openCatalog(file)).rejects.toThrow(`${file}: the file is empty`);
  });
});

describe('streamCatalog', () => {
  it('holds no rows: the memory for 500,000 is that for none', async () => {
    const file = await writeCatalog(500_000);
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const heap = () => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    let [count, most] = [0, 0];
    for await (const row of streamCatalog(file)) {
      if (row.line !== count + 2 || row.images[0] !== imageOf(count)) throw new Error(`row ${count}`);
      if (++count % 100_000 === 0) most = Math.max(most, heap() - before);
    }
    expect(count).toBe(500_000);
    // As objects, the rows would be more than 150 MB.
    expect(most).toBeLessThan(20e6);
  });
});
