import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose } from '../../../src/augmentation/compose.js';
import { writeRaster } from '../../../test/support/chips.js';
import { configOf } from '../../../test/support/configOf.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { augmentationSteps } from '../src/data/augmentationSteps.js';
import { openChipData } from '../src/data/chipData.js';
import { RunEvents } from '../src/run/RunEvents.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-readme-'));
const SIDE = 48;
const BANDS = 2;
const { run } = parsePretrainOptions(['--workers', '0']);

/**
 * The value of a band at (row, column): every 11th pixel of band 0 is 0 and of band 1 is 7, which the other has too.
 */
function valueAt(row: number, column: number, band: number): number {
  const pixel = row * SIDE + column;
  if (pixel % 11 === 0) return band === 0 ? 0 : 7;
  if (pixel % 11 === 1) return band === 0 ? 7 : 0;
  return 100 + ((pixel * 37) % 991) + 500 * band;
}

beforeAll(() => {
  const data = Float32Array.from({ length: SIDE * SIDE * BANDS }, (_, i) => {
    const pixel = Math.floor(i / BANDS);
    return valueAt(Math.floor(pixel / SIDE), pixel % SIDE, i % BANDS);
  });
  writeRaster(path.join(folder, 'a.tif'), BANDS, data, { size: [SIDE, SIDE] });
  writeFileSync(path.join(folder, 'catalog.csv'), 'image,usage\na.tif,train\na.tif,validate\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The validation chip with these keys, and the statistics of the training chips. */
async function chipOf(...keys: string[]) {
  const config = configOf(
    ...[`data_path: ${folder}`, `train_csv_name: ${folder}/catalog.csv`, 'channels: 2', 'data_size: 32'],
    ...['train_batch: 1', 'validate_batch: 1', 'downfactor: 1', ...keys],
  );
  const data = await openChipData(config, run, {
    folder: path.join(folder, 'run'),
    teller: new RunEvents([]),
  });
  try {
    const { value } = await data.validate.epoch(0).next();
    return { image: value!.images, shape: value!.shape.slice(1, 3), statistics: await data.statistics() };
  } finally {
    await data.close();
  }
}

/** The values of a raster's pixels from (first, first) to the end of a square of that side, band by band. */
function pixels(first: number, side: number): number[] {
  return Array.from({ length: side * side * BANDS }, (_, i) => {
    const pixel = Math.floor(i / BANDS);
    return valueAt(first + Math.floor(pixel / side), first + (pixel % side), i % BANDS);
  });
}

describe('what the README of the tutorial says', () => {
  it('compat, clip_val: limits scaled values to ± the value', async () => {
    const keys = ['normal_strategy: z_value', 'stat_procedure: lpb'];
    const { image: free } = await chipOf(...keys);
    expect(Math.max(...free)).toBeGreaterThan(1.5);
    expect(Math.min(...free)).toBeLessThan(-1.5);
    const { image } = await chipOf(...keys, 'clip_val: 1.25', 'compat: readme');
    expect(image).toEqual(free.map((value) => Math.min(1.25, Math.max(-1.25, value))));
    const { image: scaled } = await chipOf('clip_val: 0.5', 'compat: readme');
    expect(scaled).toEqual((await chipOf()).image.map((value) => Math.min(value, 0.5)));
    expect((await chipOf(...keys, 'compat: readme')).image).toEqual(free);
  });

  it('compat, buffer: borders a chip with what its raster has there, and with zeros beyond', async () => {
    const keys = ['apply_normalization: false'];
    const real = await chipOf(...keys, 'data_size: 16', 'buffer: 8', 'compat: readme');
    expect(real.shape).toEqual([32, 32]);
    expect([...real.image]).toEqual(pixels(8, 32));
    const edge = await chipOf(...keys, 'data_size: 32', 'buffer: 16', 'compat: readme');
    expect(edge.shape).toEqual([64, 64]);
    const expected = Array.from({ length: 64 * 64 * BANDS }, (_, i) => {
      const pixel = Math.floor(i / BANDS);
      const [row, column] = [Math.floor(pixel / 64) - 8, (pixel % 64) - 8];
      const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < SIDE;
      return isInside ? valueAt(row, column, i % BANDS) : 0;
    });
    expect([...edge.image]).toEqual(expected);
    const { image: zeros } = await chipOf(...keys, 'data_size: 16', 'buffer: 8');
    expect([...zeros].filter((value) => value !== 0).length).toBeLessThan(16 * 16 * BANDS + 1);
  });

  it('compat, nodata: is one value a band, masked in it alone', async () => {
    const keys = ['nodata: [0, 7]', 'stat_procedure: lpb', 'normal_strategy: min_max'];
    const { image } = await chipOf(...keys, 'compat: readme');
    const raw = pixels(8, 32);
    const own = (band: number) => raw.filter((value, i) => i % BANDS === band && value !== [0, 7][band]);
    const [low, high] = [
      [7, 0],
      [Math.max(...own(0)), Math.max(...own(1))],
    ];
    expect([Math.min(...own(0)), Math.min(...own(1))]).toEqual(low);
    raw.forEach((value, i) => {
      const band = i % BANDS;
      const scaled = value === [0, 7][band] ? 0 : (value - low[band]) / (high[band] - low[band]);
      expect(image[i]).toBeCloseTo(scaled, 6);
    });
    // Otherwise both values are masked in both bands.
    expect((await chipOf(...keys)).image).not.toEqual(image);
    await expect(chipOf('nodata: [0, 7, 9]', 'compat: readme')).rejects.toThrow(
      'The chips have 2 bands; --nodata (nodata in a configuration file) has 3 values, ' +
        'of which compat readme wants one a band.',
    );
  });

  it('compat, nodata: is so in the statistics of all chips', async () => {
    const keys = ['nodata: [0, 7]', 'stat_procedure: gpb'];
    const { statistics } = await chipOf(...keys, 'compat: readme');
    expect(statistics.min).toEqual([7, 0]);
    const known = (band: number) => pixels(8, 32).filter((value, i) => i % BANDS === band && value > 7);
    const { statistics: both } = await chipOf(...keys);
    expect(both.min).toEqual([Math.min(...known(0)), Math.min(...known(1))]);
  });

  const image = {
    height: 40,
    width: 40,
    channels: 1,
    data: Float32Array.from({ length: 1600 }, (_, i) => 0.2 + ((i * 7919) % 1601) / 3000),
  };
  const noRanges = ['scale_factor', 'rotation_degree', 'bshift_gamma_range', 'contrast_range', 'br_range'];
  /** A chip, augmented so many times with these keys alone. */
  function augmented(...keys: string[]): Float32Array[] {
    const without = [...noRanges, 'sigma_range'].map((key) => `${key}: null`);
    const augment = compose(augmentationSteps(configOf(...without, 'compat: readme', ...keys)));
    return Array.from(
      { length: 60 },
      (_, step) =>
        augment({ image, mask: { ...image, data: image.data.map(() => 1) } }, { seed: 3, stream: 7, step })
          .image.data,
    );
  }
  const zerosOf = (values: Float32Array) => values.filter((value) => value === 0).length;

  it('compat, patch_shift: moves a chip by some pixels', () => {
    const shown = augmented('patch_shift: true').map(zerosOf);
    // Up to two pixels of 40 either way.
    for (const zeros of shown) expect([0, 40, 80, 79, 118, 156]).toContain(zeros);
    expect(new Set(shown).size).toBeGreaterThan(4);
    expect(augmented('patch_shift: false').map(zerosOf)).toEqual(shown.map(() => 0));
    // Gamma is everywhere then: of half of the chips, all values are raised to it.
    const least = (values: Float32Array) => Math.min(...values);
    const lowest = augmented('bshift_gamma_range: [0.5, 0.5]', 'patch_shift: false').map(least);
    const [plain, raised] = [least(image.data), Math.fround(Math.sqrt(least(image.data)))];
    expect(new Set(lowest)).toEqual(new Set([plain, raised]));
  });

  it('compat, rotation_degree: turns by one of two angles', () => {
    // By 90° one row leaves the picture, by 180° a row and a column.
    const turned = augmented('rotation_degree: [90, 180]', 'patch_shift: false').map(zerosOf);
    expect(new Set(turned)).toEqual(new Set([0, 40, 79]));
    const between = augmented('rotation_degree: [90, 180]', 'patch_shift: false', 'compat: tutorial');
    expect(new Set(between.map(zerosOf)).size).toBeGreaterThan(10);
  });
});
