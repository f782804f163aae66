import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../examples/trainer/src/config/parseConfig.js';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { parseCatalog } from '../../src/data/parseCatalog.js';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { DataError } from '../../src/errors/DataError.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { fuzzedCheckpoint } from './fuzzCheckpoint.js';
import { fuzzedModel } from './fuzzModel.js';
import { root } from './root.js';

/** A parser of files that come from elsewhere. */
export interface FuzzedParser {
  /** Well-formed inputs to start from. */
  seeds: readonly Uint8Array[];
  /** What mutations put in beside single bytes. */
  words: readonly string[];
  /** The files are no text. */
  binary?: boolean;
  parse(bytes: Uint8Array): unknown | Promise<unknown>;
  /** Class of a refusal, and what its message begins with: another error is a crash. */
  refusalClass: new (
    message: string,
  ) => Error;
  refusal: RegExp;
}

/** Small rasters of every layout that is read, and of some that are not. */
const rasters = path.join(root, 'test/data/rasters');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const numbers = ['0', '-1', '1e999', '9007199254740993', '18446744073709551616', '0.5', 'NaN'];

/** The parsers by name. */
export const fuzzedParsers: Readonly<Record<string, FuzzedParser>> = {
  catalog: {
    seeds: [
      'image,usage\na.tif,train\nb.tif,validate\n',
      'sep=;\r\nimage;cloud;usage\r\na.tif;0,5;train\r\n;;\r\n',
      'usage\timage\rtrain\ta.tif\rtest\t"b.tif"\r',
      '\uFEFFimage,usage,note\r\n"a, b.tif",train,"says ""hi"""\r\n\r\nhttps://host/c.tif, test ,x',
      'note,usage,image\n"two\nlines",predict,d/e.tif\n,train,../f.tif\n',
      'image|usage|place\nä.tif|train|Zürich\n',
    ].flatMap((text) => {
      const utf16 = Buffer.from(text.replace(/^\uFEFF?/, '\uFEFF'), 'utf16le');
      return [bytesOf(text), bytesOf(text), utf16, Buffer.from(utf16).swap16()];
    }),
    words: [
      ',',
      ';',
      '\t',
      '|',
      'sep=;',
      '"',
      '""',
      '\n',
      '\r\n',
      '\r',
      '\uFEFF',
      'image',
      'usage',
      'train',
      '../',
      '/',
      'http://',
      '\0',
    ],
    parse: (bytes) => parseCatalog(bytes),
    refusalClass: DataError,
    refusal: /^catalog(?:, line \d+|:)/,
  },
  safetensors: {
    seeds: [
      writeSafetensors({}),
      writeSafetensors(
        {
          a: { dtype: 'F32', shape: [2, 1], data: new Float32Array(2) },
          b: { dtype: 'U8', shape: [3], data: new Uint8Array(3) },
          c: { dtype: 'F64', shape: [0, 4], data: new Float64Array(0) },
        },
        { k: '{"quoted": "\\"}' },
      ),
    ],
    words: [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"dtype"',
      '"shape"',
      '"F16"',
      '__metadata__',
      ...numbers,
    ],
    parse: (bytes) => readSafetensors(bytes),
    refusalClass: CheckpointError,
    refusal: /^readSafetensors: /,
  },
  checkpoint: fuzzedCheckpoint,
  model: fuzzedModel,
  configuration: {
    seeds: [
      readFileSync(path.join(root, 'examples/ssl_train.yaml')),
      bytesOf('Train_Validate:\n  channels: 4\n  epoch: &a 3\n  diffusion: {timesteps: *a}\n'),
    ],
    words: [
      ...[
        ':',
        ' ',
        '\n',
        '\n  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '#',
        '&a ',
        '*a',
        '!!',
        '|',
        '>',
        '<<: ',
        '\t',
      ],
      ...['null', 'true', '---\n', 'optimizer', 'scheduler', 'Train_Validate', '__proto__', ...numbers],
    ],
    parse: (bytes) => parseConfig(textOf(bytes), 'file.yaml'),
    refusalClass: ConfigError,
    refusal: /^file\.yaml, line \d+: /,
  },
  raster: {
    seeds: readdirSync(rasters)
      .filter((name) => name.endsWith('.tif'))
      .map((name) => readFileSync(path.join(rasters, name))),
    // A tag's types and counts, small and large.
    words: [
      '\0',
      '\x01\0',
      '\0\x01',
      '\x03\0\x01\0\0\0',
      '\x04\0',
      '\x7f\x7f\x7f\x7f',
      '\0\0\0\0',
      '\x10\0\x01',
    ],
    binary: true,
    parse: (bytes) => decodeGeoTiff(bytes, { name: 'raster' }),
    refusalClass: DataError,
    refusal: /^raster: /,
  },
};
