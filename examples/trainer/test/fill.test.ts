import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AffineTransform, decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { evaluateSamples } from '../src/commands/evaluateSamples.js';
import { fill } from '../src/commands/fill.js';
import { sample } from '../src/commands/sample.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { outputConflict } from '../src/model/outputConflict.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'fill-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const place = { epsg: 32633, transform: [30, 0, 500000, 0, -30, 4600000] as AffineTransform };
const bandNames = ['red', 'nir'];

/** Chips that are dark or light, the second band twice the first. */
const tone = (level: number, pixels: number) =>
  Float32Array.from({ length: 2 * pixels }, (_, k) => (1 + (k % 2)) * (level + ((k >> 1) % 3)));
function write(name: string, size: [number, number], data: Float32Array, nodata?: number): string {
  const [height, width] = size;
  writeFileSync(at(name), encodeGeoTiff({ width, height, bands: 2, data, bandNames, nodata, ...place }));
  return at(name);
}

const flags = (...more: string[]) => [
  ...['--data', at('chips'), '--catalog', at('chips', 'catalog.csv'), '--model', 'unet2d'],
  ...['--block-out-channels', '8,16', '--attention-levels', 'none', '--batch', '8', '--timesteps', '20'],
  ...['--noise-schedule', 'linear', '--beta-end', '0.5', '--learning-rate', '0.005', '--ema-decay', '0'],
  ...['--workers', '0', '--threads', '1', ...more],
];
const train = (args: string[], hooks?: PretrainHooks) => pretrain(parsePretrainOptions(args), hooks);
const run = (model: string, ...args: string[]) => fill([at(model), ...args, '--threads', '1']);
const read = async (...names: string[]) => decodeGeoTiff(readFileSync(at(...names)));
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  mkdirSync(at('chips'));
  const lines = ['image,usage'];
  for (let i = 0; i < 72; i++) {
    write(`chips/${i}.tif`, [8, 8], tone(i % 2 === 0 ? 100 : 300, 64));
    lines.push(`${i}.tif,${i < 48 ? 'train' : i < 64 ? 'validate' : 'test'}`);
  }
  writeFileSync(at('chips', 'catalog.csv'), `${lines.join('\n')}\n`);
  await train(flags('--conditions', 'gaps:fill', '--epochs', '14', '--out', at('told')));
  await train(flags('--epochs', '2', '--out', at('plain')));
});
beforeEach(() => {
  process.exitCode = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A light chip whose left half, but for its first column, is missing. */
function writeGap(name: string): string {
  const data = tone(300, 64).map((value, i) => ((i >> 1) % 8 > 0 && (i >> 1) % 8 < 4 ? -1 : value));
  return write(name, [8, 8], data, -1);
}

describe('a network that is told what is known of its chip', () => {
  it('says so, and heeds it', () => {
    expect(json('told', 'model', 'diffusion_ssl.json').conditions).toEqual([
      { kind: 'fill', name: 'gaps', bands: 3 },
    ]);
    expect(json('told', 'model', 'config.json')).toMatchObject({ in_channels: 5, out_channels: 2 });
    expect(json('told', 'summary.json').conditions.conditions.gaps.acts).toBe(true);
    expect(readFileSync(at('told', 'model', 'README.md'), 'utf8')).toContain(
      '- gaps (the chip itself with gaps)',
    );
  });

  it('goes on bit for bit', async () => {
    const few = flags('--conditions', 'gaps:fill', '--epochs', '1');
    await train([...few, '--out', at('whole')]);
    await train([...few, '--out', at('part')], stopAfter(3));
    await train(['--out', at('part'), '--resume', '--workers', '0', '--threads', '1']);
    const weights = (name: string) => readFileSync(at(name, 'weights.safetensors')).toString('latin1');
    expect(weights('part')).toBe(weights('whole'));
  });

  it('draws samples without it', async () => {
    await sample([at('told'), '--out', at('drawn'), '--count', '2', '--steps', '5', '--threads', '1']);
    expect((await read('drawn', '1.tif')).bands).toBe(2);
    await sample([at('told'), '--out', at('drawn'), '--condition', 'gaps=x', '--threads', '1']);
    expect(said.at(-1)).toMatch(/one of the model's conditions, of which it has none/);
    process.exitCode = undefined;
    const few = ['--checkpoints', 'best', '--count', '8', '--steps', '2', '--threads', '1'];
    await evaluateSamples([at('told'), ...few]);
    expect(process.exitCode, said.at(-1)).toBeUndefined();
  });
});

it('writes no two images into one file, nor into one that it reads', () => {
  const conflict = (images: string[], out: string, names: string[]) => outputConflict(images, { out, names });
  expect(conflict(['a/x.tif', 'b/x.tif'], 'out', ['x.tif', 'x.tif'])).toMatch(/two images are named x\.tif/);
  expect(conflict(['a/x.tif', 'b/y.tif'], './b/', ['x.tif', 'y.tif'])).toMatch(
    /y\.tif is an image that is read/,
  );
  expect(conflict(['a/x.png', 'b/y.tif'], 'a', ['x.tif', 'y.tif'])).toBeUndefined();
});

describe('fill', () => {
  it.each([
    ['told', 'network', 40],
    ['told', 'repaint', 60],
    // Which has hardly trained.
    ['plain', 'repaint', 150],
  ])('with %s by %s goes by what is known, and leaves it as it was', async (model, method, most) => {
    const image = writeGap('gap.tif');
    const out = `${model}-${method}`;
    await run(model, image, '--out', at(out), '--method', method, '--samples', '4', '--keep-samples');
    expect(said.at(-1)).toMatch(/gap\.tif: 24 of 64 pixels filled/);
    const [known, filled] = [await decodeGeoTiff(readFileSync(image)), await read(out, 'gap.tif')];
    expect(filled).toMatchObject({ width: 8, height: 8, bands: 4, dtype: 'float32', ...place });
    expect(filled.bandNames).toEqual(['red', 'nir', 'spread of red', 'spread of nir']);
    const fillings = await Promise.all([1, 2, 3, 4].map((k) => read(out, `gap-${k}.tif`)));
    let far = 0;
    for (let i = 0; i < 128; i++) {
      const at = 4 * (i >> 1) + (i % 2);
      if (known.data[i] !== -1) {
        expect(filled.data[at]).toBe(known.data[i]);
        expect(filled.data[at + 2]).toBe(0);
        continue;
      }
      const values = fillings.map(({ data }) => data[i]);
      expect(filled.data[at]).toBeCloseTo(values.reduce((a, b) => a + b) / 4, 2);
      expect(filled.data[at + 2]).toBeGreaterThan(0);
      far += Math.abs(filled.data[at] / (1 + (i % 2)) - 301) / 48;
    }
    // A filling that goes by nothing is 100 off on average.
    expect(far).toBeLessThan(most);
    expect(existsSync(at(out, 'gap.png'))).toBe(true);
  });

  it('fills a scene of any size under a mask, the same for the same seed', async () => {
    const size: [number, number] = [13, 22];
    const image = write('scene.tif', size, tone(300, 13 * 22));
    const mask = Uint8Array.from({ length: 13 * 22 }, (_, i) => (i % 22 > 7 && i % 22 < 13 ? 255 : 0));
    writeFileSync(at('mask.tif'), encodeGeoTiff({ width: 22, height: 13, bands: 1, data: mask }));
    for (const [out, seed] of [
      ['s1', '1'],
      ['s2', '1'],
      ['s3', '2'],
    ]) {
      await run('told', image, '--mask', at('mask.tif'), '--out', at(out), '--seed', seed);
      expect(said.at(-1)).toMatch(/scene\.tif: 65 of 286 pixels filled/);
    }
    const [first, again, other] = await Promise.all(['s1', 's2', 's3'].map((out) => read(out, 'scene.tif')));
    expect(first).toMatchObject({ width: 22, height: 13, bands: 2, ...place });
    expect(again.data).toEqual(first.data);
    expect(other.data).not.toEqual(first.data);
    const known = await decodeGeoTiff(readFileSync(image));
    let far = 0;
    for (let i = 0; i < 2 * 286; i++) {
      if (mask[i >> 1] === 0) expect(first.data[i]).toBe(known.data[i]);
      else far += Math.abs(first.data[i] / (1 + (i % 2)) - 301) / 130;
    }
    expect(far).toBeLessThan(50);
  });

  it('measures itself beside others', async () => {
    await run(
      'told',
      '--measure',
      '--catalog',
      at('chips', 'catalog.csv'),
      '--samples',
      '5',
      '--out',
      at('measured'),
      '--count',
      '4',
    );
    const { chips, samples, scores } = json('measured', 'measure.json');
    expect([chips, samples]).toEqual([4, 5]);
    for (const kind of ['clouds', 'scan lines']) {
      const { network, nearest, mean, opencv } = scores[kind];
      expect(network.rmse).toHaveLength(2);
      expect(network.rmse[0]).toBeLessThan(60);
      for (const other of [nearest, mean, opencv]) expect(other.rmse[0]).toBeLessThan(3);
      // The mean of some is nearer than they are on average.
      expect(network.rmseOfOne[0]).toBeGreaterThan(network.rmse[0]);
      expect(network.within[1]).toBeGreaterThan(network.within[0]);
      expect(network.within[0]).toBeGreaterThan(0.1);
    }
    const [header, ...rows] = readFileSync(at('measured', 'measure.csv'), 'utf8').trim().split('\n');
    expect(header).toContain('error of red,error of nir');
    expect(rows).toHaveLength(8);
    expect(existsSync(at('measured', 'measure.png'))).toBe(true);
  });

  it('leaves an image without gaps as it is', async () => {
    await run('told', write('full.tif', [8, 8], tone(120, 64)), '--out', at('full'));
    expect((await read('full', 'full.tif')).data).toEqual(tone(120, 64));
  });

  it('refuses what it cannot fill', async () => {
    const image = writeGap('gap.tif');
    const refused = async (message: RegExp, model: string, ...args: string[]) => {
      process.exitCode = undefined;
      await run(model, ...args, '--out', at('refused'));
      expect(said.at(-1)).toMatch(message);
      expect(process.exitCode).toBe(1);
    };
    await refused(
      /--method network needs a network that was trained to fill gaps/,
      'plain',
      image,
      '--method',
      'network',
    );
    const none = write('none.tif', [8, 8], new Float32Array(128).fill(-1), -1);
    await refused(/none\.tif: .*(no pixel is known|no valid)/s, 'told', none);
    writeFileSync(
      at('small.tif'),
      encodeGeoTiff({ width: 4, height: 8, bands: 1, data: new Uint8Array(32) }),
    );
    await refused(/small\.tif has 4 × 8 pixels, .*gap\.tif 8 × 8/, 'told', image, '--mask', at('small.tif'));
    await refused(/holds no mask gap\.tif for/, 'told', image, '--mask', at('told'));
    await refused(/--window is 9; it must be a multiple of 2/, 'told', image, '--window', '9');
    await refused(/--overlap is 4; it must be below half a window, 4/, 'told', image, '--overlap', '4');
    await refused(
      /no row with usage 'predict'/,
      'told',
      '--measure',
      '--catalog',
      at('chips', 'catalog.csv'),
      '--usage',
      'predict',
    );
  });
});
