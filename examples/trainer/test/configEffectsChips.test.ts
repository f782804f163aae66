import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { configOf } from '../../../test/support/configOf.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type ChipData, openChipData } from '../src/data/chipData.js';
import { RunEvents } from '../src/run/RunEvents.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-chips-'));
const SIDE = 40;
const BANDS = 2;
const TRAIN = 6;
const { run } = parsePretrainOptions(['--workers', '0']);
/** The values of each chip, row by row, band by band; every 7th of a chip's first band is -1. */
const chips = Array.from({ length: TRAIN + 3 }, (_, i) =>
  Float32Array.from(smoothPixels(BANDS, i, [SIDE, SIDE]), (value, k) =>
    k % 14 === 0 ? -1 : k % BANDS === 0 ? value : 3 * value + 10 * i,
  ),
);

/** Opens the chips with these keys, does something with them and closes them. */
async function withChips<T>(keys: string[], body: (data: ChipData) => T | Promise<T>): Promise<T> {
  const config = configOf(
    ...[`data_path: ${folder}`, `train_csv_name: ${folder}/catalog.csv`, 'channels: 2', 'data_size: 64'],
    ...['train_batch: 2', 'validate_batch: 2', ...keys],
  );
  const data = await openChipData(config, run, {
    folder: path.join(folder, 'run'),
    teller: new RunEvents([]),
  });
  try {
    return await body(data);
  } finally {
    await data.close();
  }
}

/** The first validation chip, and its shape: the catalog's order, without augmentation. */
function firstChip(...keys: string[]): Promise<{ image: Float32Array; shape: number[] }> {
  return withChips(['validate_batch: 1', ...keys], async ({ validate }) => {
    const { value } = await validate.epoch(0).next();
    return { image: value!.images, shape: value!.shape };
  });
}

/** The values of a chip's band in a square of the image, whose upper left corner lies at (at, at). */
function square(image: Float32Array, side: number, ...[at, size, band, bands = BANDS]: number[]) {
  return Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [at + Math.floor(i / size), at + (i % size)];
    return image[(row * side + column) * bands + band];
  });
}

const bandOf = (values: Float32Array, band: number) => [...values].filter((_, i) => i % BANDS === band);
const minOf = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
const maxOf = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values: number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
/** The first validation chip's values as they are in its file. */
const [first] = chips.slice(TRAIN);
/** A chip's band without the border that it has at the size of 64. */
const inside = (image: Float32Array, band = 0) => square(image, 64, 12, SIDE, band);
/** The raster of the second column: from 0 to 1. */
const ramp = Array.from({ length: SIDE * SIDE }, (_, i) => i / (SIDE * SIDE - 1));

function expectNear(actual: number[], expected: number[], digits = 5): void {
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  expect(worst).toBeLessThan(10 ** -digits);
}

beforeAll(() => {
  const lines = ['image,extra,usage'];
  chips.forEach((data, i) => {
    writeRaster(path.join(folder, `${i}.tif`), BANDS, data, { size: [SIDE, SIDE] });
    lines.push(`${i}.tif,extra.tif,${i < TRAIN ? 'train' : 'validate'}`);
  });
  writeRaster(path.join(folder, 'extra.tif'), 1, Float32Array.from(ramp), {
    size: [SIDE, SIDE],
  });
  writeFileSync(path.join(folder, 'catalog.csv'), `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the chips', () => {
  it('data_path, train_csv_name: are those of the catalog, in this folder', async () => {
    mkdirSync(path.join(folder, 'elsewhere'));
    copyFileSync(path.join(folder, '4.tif'), path.join(folder, 'elsewhere/a.tif'));
    const catalog = path.join(folder, 'other.csv');
    writeFileSync(catalog, 'image,usage\na.tif,train\na.tif,train\na.tif,validate\n');
    const keys = [
      `data_path: ${folder}/elsewhere`,
      `train_csv_name: ${catalog}`,
      'apply_normalization: false',
    ];
    expect(await withChips(keys, ({ train, validate }) => [train.length, validate.length])).toEqual([2, 1]);
    expectNear(inside((await firstChip(...keys)).image), bandOf(chips[4], 0));
    expect(await withChips([], ({ train, validate }) => [train.length, validate.length])).toEqual([TRAIN, 3]);
  });

  it('img_path_cols: stack the rasters of these columns', async () => {
    const { image, shape } = await firstChip('img_path_cols: [image, extra]', 'channels: 3');
    expect(shape).toEqual([1, 64, 64, 3]);
    expectNear(square(image, 64, 12, SIDE, 2, 3), ramp);
    const { image: alone } = await firstChip();
    expectNear(square(image, 64, 12, SIDE, 1, 3), inside(alone, 1));
  });

  it('input_bands: are taken in their order, and of their number channels must be', async () => {
    const keys = ['apply_normalization: false', 'img_path_cols: [image, extra]'];
    const { image, shape } = await firstChip(...keys, 'input_bands: [3, 1]');
    expect(shape).toEqual([1, 64, 64, 2]);
    expectNear(square(image, 64, 12, SIDE, 0), ramp);
    expectNear(square(image, 64, 12, SIDE, 1), bandOf(first, 0));
    const wrong = /input_bands .* chooses 1 bands; .*channels.* says 2/;
    await expect(firstChip('input_bands: [2]')).rejects.toThrow(wrong);
    await expect(firstChip('input_bands: [2, 3]')).rejects.toThrow(
      '--input-bands (input_bands in a configuration file), 0.tif: there is no band 3; it has the bands 1, 2.',
    );
  });

  it('channels: must be what the chips hold', async () => {
    await expect(firstChip('channels: 3')).rejects.toThrow(/The chips have 2 bands .*channels.* says 3/);
    expect((await firstChip('channels: 2')).shape).toEqual([1, 64, 64, 2]);
  });

  it('data_size: larger chips are cropped and smaller ones padded, around the middle', async () => {
    const cropped = await firstChip('data_size: 32', 'apply_normalization: false');
    expect(cropped.shape).toEqual([1, 32, 32, 2]);
    expectNear(square(cropped.image, 32, 0, 32, 1), square(first, SIDE, 4, 32, 1));
    const padded = await firstChip('data_size: 64', 'apply_normalization: false');
    expectNear(inside(padded.image, 1), bandOf(first, 1));
    expect(padded.image.filter((value) => value !== 0).length).toBe(SIDE * SIDE * BANDS);
  });

  it('buffer: is a border of zeros around the normalised chip', async () => {
    const { image: within } = await firstChip('data_size: 32');
    const { image, shape } = await firstChip('data_size: 32', 'buffer: 16');
    expect(shape).toEqual([1, 64, 64, 2]);
    expectNear(square(image, 64, 16, 32, 1), square(within, 32, 0, 32, 1));
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
    expect(sum(image)).toBeCloseTo(sum(within), 2);
  });

  it('train_batch: is the number of chips a step, and the rest is left out', async () => {
    const sizes = (size: number) =>
      withChips([`train_batch: ${size}`], async ({ train }) => {
        const all: number[] = [];
        for await (const { shape } of train.epoch(0)) all.push(shape[0]);
        return all;
      });
    expect(await sizes(3)).toEqual([3, 3]);
    expect(await sizes(4)).toEqual([4]);
  });

  it('validate_batch: is the number of chips of a batch of validation, and none is left out', async () => {
    await withChips(['validate_batch: 2'], async ({ validate }) => {
      const all: number[] = [];
      for await (const { shape } of validate.epoch(0)) all.push(shape[0]);
      expect(all).toEqual([2, 1]);
    });
  });

  it('seed: decides their order', async () => {
    const order = (seed: number) =>
      withChips([`seed: ${seed}`, 'train_batch: 6'], async ({ train }) => {
        const { value } = await train.epoch(0).next();
        return value!.indices;
      });
    const [one, other] = [await order(1), await order(2)];
    expect(one).not.toEqual(other);
    expect(one).toEqual(await order(1));
    expect([...one].sort()).toEqual([...other].sort());
  });
});

describe('the normalisation', () => {
  /** What the first validation chip's band is scaled to, given the least and the greatest value. */
  const minMax = (band: number, low: number, high: number) =>
    bandOf(first, band).map((value) => Math.min(1, Math.max(0, (value - low) / (high - low))));
  const zValue = (band: number, centre: number, unit: number) =>
    bandOf(first, band).map((value) => (value - centre) / unit);
  const statisticsOf = (values: number[]): { range: [number, number]; score: [number, number] } => ({
    range: [minOf(values), maxOf(values)],
    score: [mean(values), deviation(values)],
  });
  const allTrain = (band: number) => chips.slice(0, TRAIN).flatMap((chip) => bandOf(chip, band));

  it('apply_normalization: is left out where false', async () => {
    for (const band of [0, 1])
      expectNear(inside((await firstChip('apply_normalization: false')).image, band), bandOf(first, band));
    const { image } = await firstChip('apply_normalization: true');
    expect(Math.max(...image)).toBe(1);
  });

  it(
    'normal_strategy, stat_procedure: scale to [0, 1] or to scores, of the chip or of all, ' +
      'by band or together',
    async () => {
      const both = () => [...first];
      const own = (band: number) => bandOf(first, band);
      const ofBands = (statistic: (values: number[]) => number) =>
        mean([0, 1].map((band) => statistic(allTrain(band))));
      // Of all bands together: the mean of each band's minimum, maximum, mean and variance.
      const expected: Record<string, (band: number) => { range: [number, number]; score: [number, number] }> =
        {
          lab: () => statisticsOf(both()),
          lpb: (band) => statisticsOf(own(band)),
          gab: () => ({
            range: [ofBands(minOf), ofBands(maxOf)],
            score: [ofBands(mean), Math.sqrt(ofBands((values) => deviation(values) ** 2))],
          }),
          gpb: (band) => statisticsOf(allTrain(band)),
        };
      for (const [procedure, of] of Object.entries(expected)) {
        const keys = [`stat_procedure: ${procedure}`, 'downfactor: 1'];
        const scaled = await firstChip('normal_strategy: min_max', ...keys);
        const scores = await firstChip('normal_strategy: z_value', ...keys);
        for (const band of [0, 1]) {
          const { range, score } = of(band);
          expectNear(inside(scaled.image, band), minMax(band, ...range));
          expectNear(inside(scores.image, band), zValue(band, ...score), 4);
        }
      }
    },
  );

  it('normal_strategy, stat_procedure: whiten makes the bands of the training chips uncorrelated', async () => {
    const whiten = ['normal_strategy: whiten', 'downfactor: 1'];
    const [a, b] = [0, 1].map((band) => zValue(band, ...statisticsOf(allTrain(band)).score));
    const scores = [0, 1].map((band) => {
      const { score } = statisticsOf(allTrain(band));
      return allTrain(band).map((value) => (value - score[0]) / score[1]);
    });
    const r = mean(scores[0].map((value, i) => value * scores[1][i]));
    expect(Math.abs(r)).toBeGreaterThan(0.1);
    // The inverse square root of [[1, r], [r, 1]].
    const [sum, difference] = [(1 + r) ** -0.5, (1 - r) ** -0.5];
    const [own, other] = [(sum + difference) / 2, (sum - difference) / 2];
    const { image } = await firstChip(...whiten, 'stat_procedure: gpb');
    expectNear(
      inside(image, 0),
      a.map((value, i) => own * value + other * b[i]),
      4,
    );
    expectNear(
      inside(image, 1),
      b.map((value, i) => own * value + other * a[i]),
      4,
    );
    await expect(firstChip(...whiten, 'stat_procedure: lpb')).rejects.toThrow(
      '--normalization whiten takes the correlations of all training chips: with --statistics gpb, not lpb.',
    );
  });

  it('global_stats: are taken as given, from the file or from a file of their own', async () => {
    const stats = '{min: [0, 100], max: [2000, 9000]}';
    const file = path.join(folder, 'stats.json');
    writeFileSync(file, JSON.stringify({ min: [0, 100], max: [2000, 9000] }));
    for (const given of [stats, file]) {
      const { image } = await firstChip('stat_procedure: gpb', `global_stats: ${given}`);
      expectNear(inside(image, 0), minMax(0, 0, 2000));
      expectNear(inside(image, 1), minMax(1, 100, 9000));
    }
    await expect(firstChip('stat_procedure: gpb', 'global_stats: {min: [0], max: [2000]}')).rejects.toThrow(
      /global_stats: 'min' must be 2 numbers, one a band; it is \[0\]/,
    );
  });

  it('downfactor: takes one in so many pixels into the global statistics', async () => {
    const countOf = (factor: number) =>
      withChips(['stat_procedure: gpb', `downfactor: ${factor}`], async ({ statistics }) => {
        const { count } = (await statistics()) as { count?: number[] };
        return count![1] / TRAIN;
      });
    expect(await countOf(1)).toBe(SIDE * SIDE);
    expect(await countOf(32)).toBeGreaterThan((0.9 * SIDE * SIDE) / 32);
    expect(await countOf(32)).toBeLessThan((1.1 * SIDE * SIDE) / 32);
    const [all, some] = [
      await firstChip('stat_procedure: gpb', 'downfactor: 1'),
      await firstChip('stat_procedure: gpb', 'downfactor: 32'),
    ];
    expect(some.image).not.toEqual(all.image);
  });

  it('nodata: is left out of the statistics, and becomes 0', async () => {
    const known = bandOf(first, 0).filter((value) => value !== -1);
    const keys = ['stat_procedure: lpb', 'nodata: [-1]'];
    const { image } = await firstChip(...keys);
    expectNear(inside(image), minMax(0, minOf(known), maxOf(known)));
    const scores = inside((await firstChip('normal_strategy: z_value', ...keys)).image);
    const expected = zValue(0, mean(known), deviation(known));
    expectNear(
      scores,
      bandOf(first, 0).map((value, i) => (value === -1 ? 0 : expected[i])),
      4,
    );
  });

  it('clip_val: cuts off so many percent at each tail', async () => {
    const { image } = await firstChip('stat_procedure: lpb', 'clip_val: 10');
    for (const band of [0, 1]) {
      const sorted = bandOf(first, band).sort((a, b) => a - b);
      const percentile = (percent: number) => {
        const at = (percent / 100) * (sorted.length - 1);
        const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
        return low + (high - low) * (at - Math.floor(at));
      };
      // The scale stays that of the values as they are.
      const scaled = minMax(band, sorted[0], sorted[sorted.length - 1]);
      const limits = [10, 90].map(
        (percent) => (percentile(percent) - sorted[0]) / (sorted[sorted.length - 1] - sorted[0]),
      );
      expectNear(
        inside(image, band),
        scaled.map((value) => Math.min(limits[1], Math.max(limits[0], value))),
      );
    }
  });
});
