import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeGeoTiff } from '../../../src/data/decodeGeoTiff.js';
import { randomNormal } from '../../../src/internal/philox.js';
import type { StatisticsSummary } from '../../../src/normalization/typicalParameters.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'other-data-'));
const SIDE = 32;
const NODATA = -9999;
const TRAIN = 4;
const file = (...names: string[]) => path.join(folder, ...names);
const isMissing = (pixel: number) => pixel % SIDE < 3;

/** Backscatter in dB, band by band VV and VH: what smooth terrain has, with speckle, and a strip without data. */
function radarScene(seed: number): Float32Array {
  const speckle = randomNormal(2 * SIDE * SIDE, { seed, stream: 9, step: 0 });
  return Float32Array.from(smoothPixels(2, seed, [SIDE, SIDE]), (value, i) => {
    if (isMissing(Math.floor(i / 2))) return NODATA;
    return (i % 2 === 0 ? -11 : -18) + (value - 1000) / 80 + 1.2 * speckle[i];
  });
}

/** Surface reflectance of six bands as Landsat's products scale it: reflectance · 36364 + 7273. */
const landsatScene = (seed: number) =>
  Uint16Array.from(
    smoothPixels(6, seed, [SIDE, SIDE]),
    (value, i) => 7273 + 3.6364 * (value + 400 * (i % 6)),
  );

const scenes = {
  radar: { bands: 2, scene: radarScene, nodata: NODATA },
  landsat: { bands: 6, scene: landsatScene, nodata: 0 },
};

/** The valid values of each training chip, of one band or of all. */
function valuesOf(name: keyof typeof scenes, band?: number): number[][] {
  const { bands, scene, nodata } = scenes[name];
  return Array.from({ length: TRAIN }, (_, i) =>
    [...scene(i)].filter((value, k) => (band === undefined || k % bands === band) && value !== nodata),
  );
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values: number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** Between what values of a band samples lie: an average chip's range, or five deviations about the mean. */
function limitsOf(name: keyof typeof scenes, procedure: string, band: number): [number, number] {
  const ofBand = valuesOf(name, band);
  if (procedure === 'gpb') {
    const [centre, reach] = [mean(ofBand.flat()), 5 * deviation(ofBand.flat())];
    return [centre - reach, centre + reach];
  }
  const chips = valuesOf(name);
  return [mean(chips.map((values) => Math.min(...values))), mean(chips.map((values) => Math.max(...values)))];
}

beforeAll(async () => {
  await startTestBackend();
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const [name, { bands, scene, nodata }] of Object.entries(scenes)) {
    const lines = ['image,usage'];
    for (let i = 0; i < TRAIN + 2; i++) {
      writeRaster(file(name, `${i}.tif`), bands, scene(i), { size: [SIDE, SIDE], nodata });
      lines.push(`${i}.tif,${i < TRAIN ? 'train' : 'validate'}`);
    }
    writeFileSync(file(`${name}.csv`), `${lines.join('\n')}\n`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['radar', 'min_max', 'lab'],
  ['landsat', 'z_value', 'gpb'],
] as const)('%s by %s and %s', (name, strategy, procedure) => {
  const out = file(`${name}-${procedure}`);
  const { bands } = scenes[name];

  it('trains, and its samples come back in the units of the chips', async () => {
    const flags = [
      ...[
        '--data',
        file(name),
        '--catalog',
        file(`${name}.csv`),
        '--out',
        out,
        '--epochs',
        '1',
        '--batch',
        '2',
      ],
      // An untrained network that predicts noise leaves values in the chips' range, one that predicts chips hardly
      // varies.
      ...['--prediction-type', 'noise', '--noise-schedule', 'linear'],
      ...['--normalization', strategy, '--statistics', procedure, '--downfactor', '1'],
      ...[
        '--filter-config',
        '4,4,8,8,8,8',
        '--block-num',
        '1,1,1,1,1,1',
        '--timesteps',
        '10',
        '--beta-end',
        '0.9',
      ],
      // Without workers: their file stands in the built package, which a fresh clone does not have yet.
      ...['--threads', '1', '--workers', '0'],
    ];
    expect(await pretrain(parsePretrainOptions(flags))).toBe('finished');

    const statistics = JSON.parse(
      readFileSync(path.join(out, 'statistics.json'), 'utf8'),
    ) as StatisticsSummary;
    const sample = await decodeGeoTiff(readFileSync(path.join(out, 'samples/0.tif')), { name: '0.tif' });
    expect([sample.width, sample.height, sample.bands]).toEqual([SIDE, SIDE, bands]);
    for (let band = 0; band < bands; band++) {
      const values = valuesOf(name, band).flat();
      expect(statistics.min[band]).toBeCloseTo(Math.min(...values), 4);
      expect(statistics.max[band]).toBeCloseTo(Math.max(...values), 4);
      expect(statistics.count[band]).toBe(values.length);
      const sampled = [...sample.data].filter((_, i) => i % bands === band);
      const [low, high] = limitsOf(name, procedure, band);
      expect(Math.min(...sampled)).toBeGreaterThan(low - 1e-3);
      expect(Math.max(...sampled)).toBeLessThan(high + 1e-3);
      expect(deviation(sampled)).toBeGreaterThan((high - low) / 100);
    }
  });
});
