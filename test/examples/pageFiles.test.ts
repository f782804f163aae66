import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { downloadZip } from 'client-zip';
import { describe, expect, it } from 'vitest';
import { chooseFiles } from '../../examples/browser/page/chooseFiles.js';
import type { PlacedFile } from '../../examples/browser/page/PlacedFile.js';
import { takeFiles } from '../../examples/browser/page/takeFiles.js';
import { unpack } from '../../examples/browser/page/unpack.js';

const placed = (...paths: string[]): PlacedFile[] =>
  paths.map((path) => ({ path, file: async () => new File([], path.split('/').at(-1)!) }));
const chosen = (...paths: string[]) => {
  const { kind, files } = chooseFiles(placed(...paths));
  return [kind, ...files.map(({ path }) => path)];
};

describe('chooseFiles', () => {
  it.each([
    ['a model', ['config.json', 'model.safetensors'], ['model', 'config.json', 'model.safetensors']],
    [
      'a run, of which the model is taken',
      ['run/best.safetensors', 'run/samples/0.tif', 'run/model/diffusion_ssl.json', 'run/model/config.json'],
      ['model', 'run/model/diffusion_ssl.json', 'run/model/config.json'],
    ],
    [
      "a model's folder, beside whose own description others have a config.json",
      ['m/diffusion_ssl.json', 'm/config.json', 'm/scheduler/config.json'],
      ['model', 'm/diffusion_ssl.json', 'm/config.json'],
    ],
    ['a checkpoint', ['latest.safetensors'], ['checkpoint', 'latest.safetensors']],
    ['a checkpoint in a folder', ['a/x.png', 'a/b.safetensors'], ['checkpoint', 'a/b.safetensors']],
    [
      'chips and their catalog',
      ['d/catalog.csv', 'd/a.tif', 'd/b.TIFF', 'd/.DS_Store'],
      ['chips', 'd/a.tif', 'd/b.TIFF'],
    ],
    ['points', ['chips.tif', 'points.geojson'], ['points', 'points.geojson']],
    ['files of which one is none', ['a.tif', 'b.txt'], ['chips', 'a.tif', 'b.txt']],
    ['what macOS packs', ['z.zip/a.tif', 'z.zip/__MACOSX/._a.tif'], ['chips', 'z.zip/a.tif']],
  ])('finds %s', (_, paths, expected) => {
    expect(chosen(...paths)).toEqual(expected);
  });

  it.each([
    [['a/config.json', 'b/config.json'], 'There are several models: a, b. Choose one.'],
    [['config.json', 'b/config.json'], 'There are several models: the files themselves, b. Choose one.'],
    [['r/a.safetensors', 'r/b.safetensors'], /several checkpoints: r\/a\.safetensors, r\/b\.safetensors\./],
    [['r/catalog.csv'], /There is no GeoTIFF, no model .* and no checkpoint .* in r\./],
    [[], /There is no GeoTIFF/],
  ])('refuses %j', (paths, message) => {
    expect(() => chosen(...paths)).toThrow(message);
  });
});

/** Of Python's zipfile: a folder, a deflated file, one stored in ZIP64 under a name in UTF-8, one of macOS. */
const PYTHON =
  'UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAGAAAAbW9kZWwvUEsDBBQAAAAIAAAAIQAIMRpyGwAAACsAAAARAAAAbW9kZWwvY29u' +
  'ZmlnLmpzb26rVkrLzClJLYpPzs9Ly0xXslKINtFRwIJiawFQSwMELQAACAAAAAAhAI2cklL//////////xEAFABtb2RlbC9ncsO2' +
  'w59lLnR4dAEAEAAQAAAAAAAAABAAAAAAAAAAc3RvcmVkLCBpbiBaSVA2NFBLAwQUAAAAAAAAACEAgxbcjAEAAAABAAAAHAAAAF9f' +
  'TUFDT1NYL21vZGVsLy5fY29uZmlnLmpzb254UEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAYAAAAAAAAAAAAAAIABAAAAAG1v' +
  'ZGVsL1BLAQIUAxQAAAAIAAAAIQAIMRpyGwAAACsAAAARAAAAAAAAAAAAAACAASQAAABtb2RlbC9jb25maWcuanNvblBLAQItAy0A' +
  'AAgAAAAAIQCNnJJSEAAAABAAAAARAAAAAAAAAAAAAACAAW4AAABtb2RlbC9ncsO2w59lLnR4dFBLAQIUAxQAAAAAAAAAIQCDFtyM' +
  'AQAAAAEAAAAcAAAAAAAAAAAAAACAAcEAAABfX01BQ09TWC9tb2RlbC8uX2NvbmZpZy5qc29uUEsFBgAAAAAEAAQA/AAAAPwAAAAA' +
  'AA==';

const archiveOf = (bytes: Uint8Array<ArrayBuffer> | Blob) => new File([bytes], 'model.zip');
const contents = async (archive: File) => {
  const texts = [];
  for (const { path, file } of await unpack(archive)) texts.push([path, await (await file()).text()]);
  return Object.fromEntries(texts) as Record<string, string>;
};

describe('unpack', () => {
  it('reads what Python packs', async () => {
    expect(await contents(archiveOf(Buffer.from(PYTHON, 'base64')))).toEqual({
      'model.zip/model/config.json': '{"filter_config": [4, 4, 4, 4, 4, 4, 4, 4]}',
      'model.zip/model/größe.txt': 'stored, in ZIP64',
      'model.zip/__MACOSX/model/._config.json': 'x',
    });
  });

  it('reads what the page packs', async () => {
    const files = [
      { name: 'config.json', input: '{}' },
      { name: 'model.safetensors', input: new Blob([new Uint8Array(100_000).fill(7)]) },
    ];
    const packed = await unpack(archiveOf(await downloadZip(files).blob()));
    expect(packed.map(({ path }) => path)).toEqual(['model.zip/config.json', 'model.zip/model.safetensors']);
    const weights = await packed[1].file();
    expect(weights.name).toBe('model.safetensors');
    expect(new Uint8Array(await weights.arrayBuffer())).toEqual(new Uint8Array(100_000).fill(7));
  });

  it('reads ZIP64 throughout', async () => {
    const writer = new ZipWriter(new BlobWriter(), { zip64: true });
    await writer.add('a.tif', new BlobReader(new Blob(['a'.repeat(5000)])));
    expect(await contents(archiveOf(await writer.close()))).toEqual({ 'model.zip/a.tif': 'a'.repeat(5000) });
  });

  /** Where the central directory has the entry of a name. */
  const entryOf = (bytes: Buffer, name: string) => bytes.lastIndexOf(name) - 46;
  const CONFIG = 'model/config.json';
  const cases: [string, (bytes: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>, RegExp][] = [
    ['is cut off', (bytes) => bytes.subarray(0, -30), /^model\.zip is damaged, or no ZIP archive \(.+\)\.$/],
    ['is something else', () => Buffer.from('GIF89a'), /^model\.zip is damaged, or no ZIP archive/],
    ['is empty', () => Buffer.alloc(0), /^model\.zip is damaged, or no ZIP archive/],
    [
      'has a changed byte',
      (bytes) => {
        bytes[bytes.indexOf('stored')]++;
        return bytes;
      },
      /^model\.zip is damaged/,
    ],
    [
      'unpacks to more than it says',
      (bytes) => {
        bytes.writeUInt32LE(5, entryOf(bytes, CONFIG) + 24);
        bytes.writeUInt32LE(5, bytes.indexOf(CONFIG) - 8);
        return bytes;
      },
      /^model\.zip is damaged/,
    ],
    [
      'unpacks to more than fits',
      (bytes) => {
        for (const name of [CONFIG, 'model/gr', '__MACOSX/'])
          bytes.writeUInt32LE(0xfffffff0, entryOf(bytes, name) + 24);
        return bytes;
      },
      /^model\.zip unpacks to 12\.0 GiB; the page takes up to 8\./,
    ],
  ];
  it.each(cases)('refuses an archive that %s', async (_, spoil, message) => {
    await expect(contents(archiveOf(spoil(Buffer.from(PYTHON, 'base64'))))).rejects.toThrow(message);
  });

  it('refuses an archive that is encrypted', async () => {
    const writer = new ZipWriter(new BlobWriter(), { password: 'secret' });
    await writer.add('a.tif', new TextReader('a'));
    await expect(contents(archiveOf(await writer.close()))).rejects.toThrow(
      /a\.tif is encrypted\. Unpack it/,
    );
  });
});

describe('takeFiles', () => {
  it('unpacks archives among other files, and only what is taken of them', async () => {
    const taken: [string, string[]][] = [];
    const taker = (kind: string) => async (files: File[]) => {
      taken.push([kind, files.map(({ name }) => name)]);
    };
    const takers = {
      ...{ model: taker('model'), checkpoint: taker('checkpoint'), chips: taker('chips') },
      points: taker('points'),
    };
    const archive = archiveOf(Buffer.from(PYTHON, 'base64'));
    await takeFiles([...placed('notes.txt'), { path: 'model.zip', file: async () => archive }], takers);
    expect(taken).toEqual([['model', ['config.json', 'größe.txt']]]);
  });
});
