import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type AffineTransform, decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { fill } from '../src/commands/fill.js';
import { givenField } from '../src/conditions/givenField.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'modalities-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const place = { epsg: 32633, transform: [30, 0, 500000, 0, -30, 4600000] as AffineTransform };
const read = async (...names: string[]) => decodeGeoTiff(readFileSync(at(...names)));
const flags = (...more: string[]) => [
  ...['--data', at('chips'), '--catalog', at('chips', 'catalog.csv'), '--model', 'unet2d'],
  ...['--block-out-channels', '8,16', '--attention-levels', 'none', '--batch', '8', '--timesteps', '20'],
  ...['--noise-schedule', 'linear', '--beta-end', '0.5', '--learning-rate', '0.005', '--ema-decay', '0'],
  ...['--workers', '0', '--threads', '1', '--image-columns', 'image', ...more],
];

/** Dark and light chips; where it is light, it is low. */
const pixels = (isLight: boolean, bands: number[]) =>
  Float32Array.from({ length: 64 * bands.length }, (_, k) => {
    const band = bands[k % bands.length];
    const texture = Math.floor(k / bands.length) % 3;
    return texture + (band === 1 ? (isLight ? 10 : 90) : isLight ? 300 : 100);
  });
function write(name: string, isLight: boolean, bands: number[]): string {
  const bandNames = bands.map((band) => ['grey', 'height'][band]);
  const data = pixels(isLight, bands);
  writeFileSync(
    at(name),
    encodeGeoTiff({ width: 8, height: 8, bands: bands.length, data, bandNames, ...place }),
  );
  return at(name);
}

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  mkdirSync(at('chips'));
  const lines = ['image,usage'];
  for (let i = 0; i < 112; i++) {
    write(`chips/${i}.tif`, i % 2 === 1, [0, 1]);
    lines.push(`${i}.tif,${i < 48 ? 'train' : 'validate'}`);
  }
  writeFileSync(at('chips', 'catalog.csv'), `${lines.join('\n')}\n`);
  const given = ['--conditions', 'kinds:given:optical=1:elevation=2', '--condition-dropout', '0'];
  await pretrain(parsePretrainOptions(flags(...given, '--epochs', '14', '--out', at('run'))));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what a network of modalities is told', () => {
  it('is any of them but all, by seed and step alone', async () => {
    await startTestBackend();
    const modalities = [
      { name: 'a', bands: [0, 2] },
      { name: 'b', bands: [1] },
    ];
    const images = Float32Array.from({ length: 300 * 3 }, (_, i) => 1 + i);
    const shape = [300, 1, 1, 3] as const;
    const steps = Array.from({ length: 300 }, (_, i) => i);
    const told = (await tf
      .squeeze(givenField({ images, shape, seed: 3, steps }, modalities), [1, 2])
      .array()) as number[][];
    const counts = { none: 0, a: 0, b: 0 };
    for (const [i, [first, second, third, a, b]] of told.entries()) {
      expect([first, second, third]).toEqual([
        a * images[3 * i],
        b * images[3 * i + 1],
        a * images[3 * i + 2],
      ]);
      expect(a + b).toBeLessThan(2);
      counts[a ? 'a' : b ? 'b' : 'none']++;
    }
    // 100 each, with a deviation of 8.
    for (const count of Object.values(counts)) expect(Math.abs(count - 100)).toBeLessThan(33);
    const one = givenField(
      { images: images.slice(21, 24), shape: [1, 1, 1, 3], seed: 3, steps: [7] },
      modalities,
    );
    expect(Array.from(await one.data())).toEqual(told[7]);
  });
});

describe('a run of modalities', () => {
  it('says which they are', () => {
    const json = (...names: string[]) => JSON.parse(readFileSync(at('run', ...names), 'utf8'));
    expect(json('model', 'diffusion_ssl.json').conditions).toEqual([
      {
        ...{ kind: 'given', name: 'kinds', bands: 4 },
        modalities: [
          { name: 'optical', bands: [0] },
          { name: 'elevation', bands: [1] },
        ],
      },
    ]);
    expect(json('model', 'config.json')).toMatchObject({ in_channels: 6, out_channels: 2 });
    expect(json('summary.json').conditions.conditions.kinds.acts).toBe(true);
  });

  it.each([
    ['optical', 0, 'network'],
    ['elevation', 1, 'network'],
    ['optical', 0, 'repaint'],
  ])(
    'generates the others of %s, of which alone images need be, by band %i and %s',
    async (given, band, method) => {
      const other = 1 - band;
      const means: number[] = [];
      for (const isLight of [false, true]) {
        const name = `${given}-${isLight}.tif`;
        const image = write(name, isLight, [band]);
        const out = at(`${given}-${method}`);
        await fill([
          at('run'),
          image,
          '--given',
          given,
          '--method',
          method,
          '--samples',
          '3',
          '--out',
          out,
          '--threads',
          '1',
        ]);
        expect(said.at(-1)).toContain('64 of 64 pixels filled');
        const made = await read(`${given}-${method}`, name);
        expect(made).toMatchObject({ bands: 4, ...place });
        const of = (k: number) => Array.from({ length: 64 }, (_, i) => made.data[4 * i + k]);
        expect(of(band)).toEqual(Array.from(pixels(isLight, [band])));
        expect(of(band + 2)).toEqual(new Array(64).fill(0));
        expect(Math.min(...of(other + 2))).toBeGreaterThan(0);
        means.push(of(other).reduce((a, b) => a + b) / 64);
      }
      // Of the chips they are 80 apart in height, 200 in grey.
      const apart = other === 1 ? (means[0] - means[1]) / 80 : (means[1] - means[0]) / 200;
      expect(apart).toBeGreaterThan(0.5);
      expect(apart).toBeLessThan(1.5);
    },
  );

  it('says what it lacks', async () => {
    const image = write('grey.tif', true, [0]);
    const refused = async (message: RegExp, ...args: string[]) => {
      await fill([at('run'), image, '--out', at('refused'), '--threads', '1', ...args]);
      expect(said.at(-1)).toMatch(message);
      process.exitCode = undefined;
    };
    await refused(/--given names radar; the model's modalities are optical, elevation/, '--given', 'radar');
    await refused(/--given names all modalities/, '--given', 'optical,elevation');
    await refused(/has 1 bands beside alpha; the network takes 2|height/);
    const run = (conditions: string) =>
      pretrain(
        parsePretrainOptions(flags('--conditions', conditions, '--epochs', '1', '--out', at('never'))),
      );
    await expect(run('k:given:a=1:b=2+3')).rejects.toThrow(
      /A modality has band 3, but the chips have 2 bands/,
    );
    write('chips/0.tif', false, [0, 1]);
  });
});
