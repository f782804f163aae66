import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AffineTransform, decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { smoothPixels, writeChips } from '../../../test/support/chips.js';
import { denoise } from '../src/commands/denoise.js';
import { sample } from '../src/commands/sample.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { SAMPLERS } from '../src/model/samplers.js';
import { pretrain } from '../src/run/pretrain.js';

let folder: string;
let said: string[];
const out = (name: string) => path.join(folder, name);
const read = async (file: string) => decodeGeoTiff(readFileSync(file));
const transform: AffineTransform = [30, 0, 500000, 0, -30, 4600000];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sample-'));
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const catalog = writeChips(out('chips'), { train: 8, validate: 4 });
  const data = [
    '--data',
    out('chips'),
    '--catalog',
    catalog,
    '--image-columns',
    'optical',
    '--statistics',
    'gpb',
  ];
  const network = ['--size', '32', '--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1'];
  const training = [
    '--epochs',
    '1',
    '--batch',
    '4',
    '--timesteps',
    '20',
    '--workers',
    '0',
    '--prediction-type',
    'noise',
  ];
  await pretrain(parsePretrainOptions([...data, ...network, ...training, '--out', out('run')]));
  const image = { width: 32, height: 32, bands: 4, epsg: 32633, transform };
  writeFileSync(
    out('image.tif'),
    encodeGeoTiff({ ...image, data: Uint16Array.from(smoothPixels(4, 77, [32, 32])) }),
  );
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('sample', () => {
  it('draws the same images whatever the batch, in the units of the chips', async () => {
    const flags = ['--count', '3', '--steps', '4', '--seed', '5'];
    await sample([out('run'), '--out', out('a'), ...flags]);
    await sample([out('run'), '--out', out('b'), ...flags, '--batch', '2']);
    await sample([out('run'), '--out', out('c'), ...flags, '--seed', '6']);
    expect(readdirSync(out('a')).sort()).toEqual(['0.tif', '1.tif', '2.tif', 'samples.png']);
    for (const name of ['0.tif', '2.tif']) {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((run) => read(path.join(out(run), name))));
      expect(a).toMatchObject({ width: 32, height: 32, bands: 4, dtype: 'float32' });
      const difference = Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])));
      expect(difference).toBeLessThan(0.05);
      expect(Math.max(...a.data.map((value, i) => Math.abs(value - c.data[i])))).toBeGreaterThan(1);
      // The chips' values lie around 1000, their deviations around 300; what the network has lies within -5 and 5.
      expect(Math.max(...a.data)).toBeGreaterThan(1000);
      expect(Math.max(...a.data.map(Math.abs))).toBeLessThan(4000);
    }
  });

  it.each(Object.keys(SAMPLERS))('by %s', async (sampler) => {
    await sample([out('run'), '--out', out(sampler), '--sampler', sampler, '--count', '1', '--steps', '4']);
    expect(said.at(-1)).toContain(`1 images of 32 × 32 in ${out(sampler)}`);
    const { data } = await read(path.join(out(sampler), '0.tif'));
    expect(data.every(Number.isFinite)).toBe(true);
    expect(new Set(data).size).toBeGreaterThan(100);
  });

  it('from an image, where it lies and the likelier the less noise it gets', async () => {
    const distances: number[] = [];
    const image = await read(out('image.tif'));
    for (const strength of ['0.1', '1']) {
      const to = out(`from-${strength}`);
      const flags = ['--from', out('image.tif'), '--strength', strength, '--count', '1', '--steps', '10'];
      await sample([out('run'), '--out', to, ...flags]);
      const drawn = await read(path.join(to, '0.tif'));
      expect(drawn).toMatchObject({ epsg: 32633, transform });
      distances.push(
        Array.from(drawn.data, (value, i) => Math.abs(value - image.data[i])).reduce((a, b) => a + b),
      );
    }
    expect(distances[0]).toBeLessThan(0.9 * distances[1]);
  });

  it('says what it cannot open', async () => {
    await sample([out('none'), '--out', out('never')]);
    expect(said.at(-1)).toMatch(/^error: .*none/);
    expect(process.exitCode).toBe(1);
  });
});

describe('denoise', () => {
  it('takes away the noise that it adds, where the image lies', async () => {
    await denoise([out('run'), out('image.tif'), '--out', out('denoised'), '--t', '3']);
    const [image, clean] = [
      await read(out('image.tif')),
      await read(path.join(out('denoised'), 'image.tif')),
    ];
    expect(clean).toMatchObject({ width: 32, height: 32, bands: 4, epsg: 32633, transform });
    expect(said.at(-1)).toMatch(/image\.tif: error \d+\.\d+/);
    expect(Array.from(clean.data)).not.toEqual(Array.from(image.data));
    await denoise([out('run'), out('image.tif'), '--out', out('as-is'), '--as-is', '--t', '3']);
    expect(said.at(-1)).toMatch(/image\.tif: changed by \d+\.\d+/);
  });

  it('refuses a timestep beyond the last', async () => {
    await denoise([out('run'), out('image.tif'), '--out', out('never'), '--t', '20']);
    expect(said.at(-1)).toBe("error: --t is 20; the model's last timestep is 19.");
  });
});
