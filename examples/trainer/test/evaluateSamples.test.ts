import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { readSafetensors } from 'diffusion-ssl/interop';
import type { Raster } from 'diffusion-ssl/normalization';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeRaster } from '../../../test/support/chips.js';
import { evaluateSamples } from '../src/commands/evaluateSamples.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { noiseLike, scattered } from '../src/evaluating/formless.js';
import { mirrored, nearestChips } from '../src/evaluating/nearestChips.js';
import { spread } from '../src/evaluating/openRunChips.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evaluate-samples-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];

/** Dark and light chips, each with a slope and noise of its own. */
function writeTones(): void {
  const lines = ['image,usage,tone,brightness'];
  for (let i = 0; i < 64; i++) {
    const base = i % 2 === 0 ? 100 : 300;
    const [slope, shift] = [3 * Math.sin(i * i), 20 * Math.sin(2.3 * i)];
    const values = Float32Array.from({ length: 64 }, (_, k) => {
      return base + shift + slope * (k % 8) + 10 * Math.sin(i * k * k);
    });
    writeRaster(at('chips', `${i}.tif`), 1, values, { size: [8, 8] });
    lines.push(`${i}.tif,${i < 48 ? 'train' : 'validate'},${i % 2 === 0 ? 'dark' : 'light'},${base + shift}`);
  }
  // The held-out chips of one tone stand together, as those of one place do.
  lines.splice(49, 16, ...lines.slice(49).sort((a, b) => (a.slice(-4) < b.slice(-4) ? -1 : 1)));
  writeFileSync(at('chips', 'catalog.csv'), `${lines.join('\n')}\n`);
}

const training = (run: string, ...more: string[]) =>
  parsePretrainOptions([
    ...['--data', at('chips'), '--catalog', at('chips', 'catalog.csv'), '--model', 'unet2d'],
    ...['--block-out-channels', '8,16', '--attention-levels', 'none', '--batch', '8', '--timesteps', '20'],
    ...['--noise-schedule', 'linear', '--beta-end', '0.5', '--learning-rate', '0.005', '--ema-decay', '0'],
    ...['--workers', '0', '--threads', '1', '--out', at(run), ...more],
  ]);
const evaluate = (run: string, ...flags: string[]) =>
  evaluateSamples([at(run), '--count', '16', '--steps', '10', '--threads', '1', ...flags]);
/** The lines of a table as records. */
function readCsv(...names: string[]): Record<string, string>[] {
  const [header, ...lines] = readFileSync(at(...names), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i]])));
}

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  writeTones();
  await pretrain(
    training(
      'told',
      '--conditions',
      'tone:class,brightness:linear:0:400',
      '--epochs',
      '8',
      '--checkpoint-interval',
      '1',
    ),
  );
  await pretrain(training('plain', '--epochs', '1'));
});
beforeEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('evaluate-samples', () => {
  it('shows distances that fall with training, between noise and training chips', async () => {
    await evaluate('told', '--checkpoints', 'epoch-8,epoch-1', '--seeds', '2');
    expect(process.exitCode, said.at(-1)).toBeUndefined();
    const rows = readCsv('told', 'evaluation', 'evaluation.csv');
    expect(rows.map(({ set, seed, step }) => [set, seed, step])).toEqual([
      ['noise', '', ''],
      ['scattered pixels', '', ''],
      ['training chips', '', ''],
      ['epoch-1', '0', '6'],
      ['epoch-1', '1', '6'],
      ['epoch-8', '0', '48'],
      ['epoch-8', '1', '48'],
    ]);
    const of = (key: string) => rows.map((row) => Number(row[key]));
    for (const key of ['frechet', 'kernel', 'histogram', 'wasserstein band 1']) {
      const [noise, , train, early, , late] = of(key);
      expect(early, key).toBeGreaterThan(late);
      expect(late, key).toBeGreaterThan(train);
      expect(noise, key).toBeGreaterThan(late);
    }
    // Scattered pixels have the values of the chips, but not their forms.
    const [, scatteredValues, trainValues] = of('histogram');
    expect(scatteredValues).toBeCloseTo(trainValues, 5);
    const [, scatteredSpectrum, trainSpectrum] = of('spectrum');
    expect(scatteredSpectrum).toBeGreaterThan(2 * trainSpectrum);
    const [, , precision] = of('precision');
    expect(precision).toBeGreaterThan(0.5);
    expect(Number(rows[3].frechet)).not.toBe(Number(rows[4].frechet));

    const text = readFileSync(at('told', 'evaluation', 'evaluation.md'), 'utf8');
    expect(text).toContain('each told what a held-out chip is');
    expect(text).toMatch(/\| epoch-8 \| 48 \| 0\.\d+ \| [\d.]+ ± [\d.]+ \|/);
    for (const name of ['training.png', 'spectra.png', 'samples.png', 'neighbours.png'])
      expect(statSync(at('told', 'evaluation', name)).size).toBeGreaterThan(3000);
    const neighbours = readCsv('told', 'evaluation', 'neighbours.csv');
    expect(neighbours).toHaveLength(16 + 16);
    expect(neighbours[0]).toMatchObject({ set: 'sample', number: '0' });
    expect(neighbours[20].training_chip).toMatch(/^\d+\.tif$/);
  });

  it('tells samples what held-out chips are', async () => {
    const kept = readdirSync(at('told', 'evaluation', 'samples')).find((name) => name.startsWith('epoch-8'))!;
    const means = Array.from({ length: 16 }, (_, i) => {
      const file = at('told', 'evaluation', 'samples', kept, `${i}.safetensors`);
      const { data } = readSafetensors(readFileSync(file)).tensors.get('image')!;
      return Array.from(data as Float32Array).reduce((sum, value) => sum + value, 0) / data.length;
    });
    // As many as the held-out chips are dark, and few samples are told of both kinds too.
    const dark = (some: readonly number[]) => some.filter((mean) => mean < 0).length;
    expect(dark(means)).toBe(8);
    expect([2, 3, 4, 5, 6]).toContain(dark(means.slice(0, 8)));
  });

  it('keeps samples, and draws those that are missing as they were', async () => {
    const flags = ['--checkpoints', 'epoch-1', '--out', at('kept')];
    await evaluate('told', ...flags);
    const [own] = readdirSync(at('kept', 'samples'));
    const file = (i: number) => at('kept', 'samples', own, `${i}.safetensors`);
    const [before, first] = [readFileSync(file(15)), statSync(file(0)).mtimeMs];
    const table = readCsv('kept', 'evaluation.csv');
    rmSync(file(15));
    await evaluate('told', ...flags);
    expect(statSync(file(0)).mtimeMs).toBe(first);
    const { data } = readSafetensors(readFileSync(file(15))).tensors.get('image')!;
    const old = readSafetensors(before).tensors.get('image')!.data as Float32Array;
    for (const [i, value] of (data as Float32Array).entries()) expect(value).toBeCloseTo(old[i], 4);
    const again = readCsv('kept', 'evaluation.csv');
    for (const [i, { frechet }] of again.entries())
      expect(Number(frechet)).toBeCloseTo(Number(table[i].frechet), 3);
    await evaluate('told', ...flags, '--seed', '5');
    expect(readdirSync(at('kept', 'samples'))).toHaveLength(2);
  });

  it('compares by the activations of a frozen network', async () => {
    await evaluate('told', '--checkpoints', 'epoch-8', '--features', at('plain'), '--out', at('encoded'));
    expect(process.exitCode, said.at(-1)).toBeUndefined();
    const [noise, , train, late] = readCsv('encoded', 'evaluation.csv').map(({ frechet }) => Number(frechet));
    expect(noise).toBeGreaterThan(2 * late);
    expect(late).toBeGreaterThan(train);
    expect(readFileSync(at('encoded', 'evaluation.md'), 'utf8')).toMatch(
      /by .*plain, t 1, [\w. +]+ \(\d+ components of \d+\)/,
    );
  });

  it('says how much samples change with small changes of what they start from and are told', async () => {
    const flags = ['--checkpoints', 'epoch-8,epoch-1', '--count', '8', '--out', at('robust')];
    await evaluate('told', ...flags, '--robustness', '0.02,0.1');
    expect(process.exitCode, said.at(-1)).toBeUndefined();
    const lines = readFileSync(at('robust', 'robustness.md'), 'utf8').trimEnd().split('\n').slice(-4);
    const rows = lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(rows.map(([of, size]) => [of, size])).toEqual([
      ['initial image', '0.02'],
      ['initial image', '0.1'],
      ['brightness', '0.02'],
      ['brightness', '0.1'],
    ]);
    for (const [of, , random, worst] of rows) {
      expect(Number(worst), of).toBeGreaterThan(0);
      // Of a number all samples change alike at worst, and each its own way at random.
      expect(Number(worst), of).toBeGreaterThanOrEqual((of === 'brightness' ? 0.8 : 1) * Number(random));
    }
    // Found by a gradient, a change of the image is worth more than one at random; a larger one does more.
    const [small, large, told, toldLarge] = rows.map(([, , random, worst]) => [
      Number(random),
      Number(worst),
    ]);
    expect(large[1]).toBeGreaterThan(1.2 * large[0]);
    expect(large[1]).toBeGreaterThan(3 * small[1]);
    expect(toldLarge[1]).toBeGreaterThan(2 * told[1]);
    expect(large[1]).toBeLessThan(1);
  });

  it('says what is missing', async () => {
    await evaluate('told', '--checkpoints', 'epoch-99', '--out', at('never'));
    expect(said.at(-1)).toMatch(
      /^error: --checkpoints names epoch-99; .*told has epoch-1, .*epoch-8, best, latest\.$/,
    );
    expect(process.exitCode).toBe(1);
    await evaluate('told', '--usage', 'test', '--out', at('never'));
    expect(said.at(-1)).toMatch(/^error: .*catalog\.csv has no row with usage 'test'/);
    const few = readFileSync(at('chips', 'catalog.csv'), 'utf8').replace(
      /^(5[0-9]|6[0-3])(.*)validate/gm,
      '$1$2test',
    );
    writeFileSync(at('chips', 'few.csv'), few);
    await evaluate('told', '--catalog', at('chips', 'few.csv'), '--out', at('never'));
    expect(said.at(-1)).toMatch(/^error: .*few\.csv has 2 chips of usage 'validate' that can be read; 8 are/);
    rmSync(at('plain', 'best.safetensors'));
    rmSync(at('plain', 'latest.safetensors'));
    await evaluate('plain', '--out', at('never'));
    expect(said.at(-1)).toMatch(/^error: .*plain has no checkpoint/);
  });
});

describe('its parts', () => {
  // The commands end with a backend of their own.
  beforeAll(startTestBackend);
  const image = (seed: number): Raster => ({
    height: 6,
    width: 4,
    channels: 2,
    data: Float32Array.from({ length: 48 }, (_, i) => Math.sin(1.7 * i * (1 + seed) + seed)),
  });
  const train = Array.from({ length: 60 }, (_, i) => image(i));

  it('find a copy, mirrored or not, and nothing near a chip of its own', async () => {
    const copies = [train[7], mirrored(train[11], [true, false]), mirrored(train[3], [true, true])];
    const found = await nearestChips([...copies, image(1000)], train);
    expect(found.slice(0, 3).map(({ chip, distance, ratio }) => [chip, distance, ratio])).toEqual([
      [7, 0, 0],
      [11, 0, 0],
      [3, 0, 0],
    ]);
    expect(found.slice(0, 3).map(({ flip }) => flip)).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
    const [, , , other] = found;
    const distances = train.flatMap((chip) =>
      [false, true].flatMap((columns) =>
        [false, true].map((rows) => {
          const { data } = mirrored(image(1000), [columns, rows]);
          return Math.sqrt(data.reduce((sum, value, i) => sum + (value - chip.data[i]) ** 2, 0) / 48);
        }),
      ),
    );
    expect(other.distance).toBeCloseTo(Math.min(...distances), 6);
    expect(other.ratio).toBeGreaterThan(0.5);
    expect(other.ratio).toBeLessThan(1);
  });

  it('compare few large images at once', async () => {
    const large = (seed: number): Raster => ({
      ...{ height: 512, width: 512, channels: 8 },
      data: new Float32Array(2 ** 21).fill(seed),
    });
    const chips = [0, 1, 2].map(large);
    const { signal } = new AbortController();
    let most = 0;
    vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
      most = Math.max(most, tf.memory().numBytes);
    });
    const before = tf.memory().numBytes;
    const found = await nearestChips([2, 0, 1, 2, 1].map(large), chips, signal);
    expect(found.map(({ chip }) => chip)).toEqual([2, 0, 1, 2, 1]);
    // Two of five, in four ways.
    expect(most - before).toBe(2 * 4 * 2 ** 23);
  });

  it('turn columns and rows round', () => {
    const small = { height: 2, width: 2, channels: 1, data: Float32Array.of(1, 2, 3, 4) };
    expect([...mirrored(small, [true, false]).data]).toEqual([2, 1, 4, 3]);
    expect([...mirrored(small, [false, true]).data]).toEqual([3, 4, 1, 2]);
  });

  it('make images without form', async () => {
    const [moved] = await scattered([train[0]], 1);
    expect([...moved.data]).not.toEqual([...train[0].data]);
    // Pixels stay whole.
    const pixels = ({ data }: Raster) =>
      Array.from({ length: 24 }, (_, i) => `${data[2 * i]} ${data[2 * i + 1]}`);
    expect(pixels(moved).sort()).toEqual(pixels(train[0]).sort());
    const shifted = train.map((chip) => ({
      ...chip,
      data: chip.data.map((value, i) => (i % 2 ? 5 + value : value)),
    }));
    const noise = (await noiseLike(shifted, 1)).flatMap(({ data }) => [...data]);
    const mean = (band: number) =>
      noise.filter((_, i) => i % 2 === band).reduce((a, b) => a + b, 0) / (noise.length / 2);
    expect(mean(0)).toBeCloseTo(0, 1);
    expect(mean(1)).toBeCloseTo(5, 1);
  });

  it('take items that are spread evenly', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5)).toEqual([1, 3, 5, 7, 9]);
    expect(spread([0, 1], 5)).toEqual([0, 1]);
  });
});
