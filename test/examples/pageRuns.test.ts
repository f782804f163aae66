import { beforeAll, describe, expect, it } from 'vitest';
import type { RunSettings } from '../../examples/browser/shared/types.js';
import { ChipScale } from '../../examples/browser/worker/ChipScale.js';
import { Dataset } from '../../examples/browser/worker/Dataset.js';
import { Run } from '../../examples/browser/worker/Run.js';
import { restoreRun } from '../../examples/browser/worker/restoreRun.js';
import { parsePretrainOptions } from '../../examples/trainer/src/config/pretrainOptions.js';
import { chipNormalization } from '../../examples/trainer/src/data/chipNormalization.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { GlobalStatistics } from '../../src/normalization/GlobalStatistics.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { startTestBackend } from '../support/backend.js';
import { smoothPixels } from '../support/chips.js';

const BANDS = 3;
const chip = (seed: number) => {
  const data = Float32Array.from(
    smoothPixels(BANDS, seed, [32, 32]),
    (value, i) => value * (1 + (i % BANDS)) - 500,
  );
  return { height: 32, width: 32, channels: BANDS, data };
};
const chips = [chip(1), chip(2)];
const gathered = new GlobalStatistics({ channels: BANDS });
for (const one of chips) gathered.add(one);
const statistics = gathered.summary();

const settings: RunSettings = {
  network: { inChannels: BANDS, filterConfig: [4, 4, 8, 8, 8, 8], blockNum: [1, 1, 1, 1, 1, 1], seed: 1 },
  schedule: { type: 'squaredcos_cap_v2', timesteps: 100 },
  predictionType: 'x0',
  snrPower: 0.25,
  batchSize: 2,
  learningRate: 3e-3,
  seed: 1,
};

function dataset(): Dataset {
  const made = new Dataset('chips', 32, BANDS, ['a', 'b', 'c']);
  for (const { data } of chips) made.add(data);
  return made;
}

beforeAll(startTestBackend);

describe('ChipScale', () => {
  it.each([
    ['z_value', 'gpb'],
    ['z_value', 'gab'],
    ['min_max', 'gpb'],
    ['min_max', 'gab'],
  ])('brings images back to the units of the chips: %s %s', (strategy, procedure) => {
    const { config } = parsePretrainOptions(['--normalization', strategy, '--statistics', procedure]);
    const scale = new ChipScale({ normalization: chipNormalization(config, undefined), statistics }, BANDS);
    const seen = scale.normalize(chips[0]);
    expect(Math.max(...seen)).toBeLessThan(6);
    const again = scale.inUnits({ ...chips[0], data: seen }).data;
    const error = again.map((value, i) => Math.abs(value - chips[0].data[i]));
    // Global minima and maxima averaged over the bands cut some values off.
    if (procedure === 'gpb') expect(Math.max(...error)).toBeLessThan(0.01);
    else expect(error.filter((value) => value < 0.01).length).toBeGreaterThan(error.length / 4);
  });

  it('shows two standard deviations around the mean of each band, no more than it has', () => {
    const { ranges } = new ChipScale(
      { normalization: { strategy: 'z_value', procedure: 'gpb' }, statistics },
      BANDS,
    );
    ranges.forEach(([black, white], band) => {
      const { mean, std, min, max } = statistics;
      expect(black).toBe(Math.max(min[band], mean[band] - 2 * std[band]));
      expect(white).toBe(Math.min(max[band], mean[band] + 2 * std[band]));
    });
  });

  it('shows what was scaled chip by chip as the network sees it, or at the range of an average chip', () => {
    const normalization = { strategy: 'min_max', procedure: 'lab' } as const;
    expect(new ChipScale({ normalization }, BANDS).ranges[0]).toEqual([0, 1]);
    const known = new ChipScale({ normalization, statistics }, BANDS);
    const one = { height: 1, width: 1, channels: BANDS, data: Float32Array.of(0, 1, 0.5) };
    const [{ min, max }] = [statistics.lab];
    expect(known.inUnits(one).data[0]).toBeCloseTo(min[0], 2);
    expect(known.inUnits(one).data[1]).toBeCloseTo(max[1], 2);
  });
});

describe('a run of the page', () => {
  it('scales chips by its own statistics, whatever chips it meets later', async () => {
    const run = new Run({ ...settings });
    const first = dataset();
    const scale = run.scaleOn(first);
    const other = new Dataset('others', 32, BANDS, ['a', 'b', 'c']);
    for (const { data } of chips) other.add(data.map((value) => value * 100));
    expect(run.scaleOn(other)).toBe(scale);
    const bytes = await run.encode();
    const again = (await restoreRun(bytes, { ...settings, network: {} })).run;
    expect(again.settings).toEqual(JSON.parse(JSON.stringify(run.settings)));
    expect([...again.scaleOn(other).normalize(chips[0])]).toEqual([...scale.normalize(chips[0])]);
    for (const one of [run, again]) one.dispose();
  });

  it("takes a run of Node's with the statistics, bands and losses in its checkpoint", async () => {
    const run = new Run({ ...settings });
    const { config } = parsePretrainOptions([
      ...['--data', 'x', '--catalog', 'y', '--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1'],
    ]);
    const state = {
      config: { ...config, timesteps: 50 },
      chips: { shape: [32, 32, BANDS], statistics, shownBands: [2, 1, 0] },
      step: 25,
      epochLoss: { sum: 1, count: 5 },
      history: [{ trainLoss: 0.5 }, { trainLoss: 0.25 }],
    };
    const bytes = await encodeCheckpoint(run, state);
    const restored = await restoreRun(new Blob([bytes]), settings);
    expect(restored.remark).toBeUndefined();
    expect(restored.run.step).toBe(25);
    expect(restored.run.losses).toEqual([
      [10, 0.5],
      [20, 0.25],
    ]);
    expect(restored.run.settings).toMatchObject({
      scaling: {
        normalization: { strategy: 'z_value', procedure: 'gpb' },
        statistics: { mean: statistics.mean },
      },
      shownBands: [2, 1, 0],
      schedule: { type: 'squaredcos_cap_v2', timesteps: 50 },
      predictionType: 'x0',
      snrPower: 0.25,
    });
    const older = await restoreRun(
      new Blob([await encodeCheckpoint(run, { ...state, chips: undefined })]),
      settings,
    );
    expect(older.remark).toBe(
      'It does not hold the statistics of its chips; those of the chips at hand take their place.',
    );
    for (const one of [run, restored.run, older.run]) one.dispose();
  });

  const six = (value: number) => Array(6).fill(value);
  const absurd = [1e9, 1e308, -1, 0.5, null, {}, 'a'.repeat(1e6), six(1e9), six(2 ** 15), Array(1e5).fill(1)];
  const inPage = [
    'batchSize',
    'learningRate',
    'seed',
    'step',
    'snrPower',
    'minSnrGamma',
    'predictionType',
    'losses',
  ];
  const nested = ['schedule', 'network', 'scaling'];
  const paths = [
    ...[...inPage, ...nested].map((key) => [key]),
    ...['timesteps', 'type', 'betaStart', 'betaEnd'].map((key) => ['schedule', key]),
    ...['inChannels', 'patchSize', 'filterConfig', 'blockNum', 'dropoutRate', 'dropoutType', 'upmode'].map(
      (key) => ['network', key],
    ),
    ...['useSkipAtt', 'timeEmbeddingDim', 'size', 'seed'].map((key) => ['network', key]),
    ...['normalization', 'statistics'].map((key) => ['scaling', key]),
    ...['strategy', 'procedure', 'clipPercent', 'limit', 'nodata', 'fill', 'compat'].map((key) => [
      'scaling',
      'normalization',
      key,
    ]),
    ...['min', 'max', 'mean', 'std', 'firstBands', 'lab'].map((key) => ['scaling', 'statistics', key]),
  ];
  it('opens, or refuses by name and at once, a file in which any field is absurd', async () => {
    const run = new Run({ ...settings });
    const chipsAtHand = dataset();
    run.scaleOn(chipsAtHand);
    const state = { app: 'diffusion-ssl page', ...run.settings, step: 3, losses: [[1, 0.5]] };
    const trained = new Set<string[]>();
    let refused = 0;
    for (const path of paths) {
      for (const value of [...absurd, [1e308, -1e308, 1e308]]) {
        const copy = structuredClone(state) as unknown as Record<string, never>;
        const last = path.length - 1;
        const target = path.slice(0, last).reduce((object, key) => object[key], copy);
        target[path[last]] = value as never;
        const bytes = await encodeCheckpoint(run, copy);
        const begun = performance.now();
        const what = `${path.join('.')} = ${String(JSON.stringify(value)).slice(0, 40)}`;
        let opened: Run | undefined;
        try {
          opened = (await restoreRun(new Blob([bytes]), settings, 'my-run.safetensors')).run;
        } catch (error) {
          refused++;
          expect((error as Error).message, what).toMatch(/^my-run\.safetensors/);
          expect((error as Error).message.length, what).toBeLessThan(700);
        }
        // What opens also trains, or says what keeps it.
        if (opened && !trained.has(path)) {
          trained.add(path);
          await opened.train(chipsAtHand, { batchSize: 2, learningRate: 1e-3 }).catch((error: Error) => {
            expect(error.message, what).not.toMatch(/undefined|not a function/);
          });
        }
        opened?.dispose();
        expect(performance.now() - begun, what).toBeLessThan(2000);
      }
    }
    expect(refused).toBeGreaterThan(paths.length * 5);
    run.dispose();
  });

  it('refuses weights of another network than the one chosen, and names one that is no such network', async () => {
    const run = new Run({ ...settings });
    const weights = new Blob([writeSafetensors(await toTorchStateDict(run.parameters))]);
    run.dispose();
    const other = { ...settings, network: { ...settings.network, filterConfig: [8, 8, 8, 8, 8, 8] } };
    await expect(restoreRun(weights, other, 'w.safetensors')).rejects.toThrow(
      /^w\.safetensors does not open: it holds another network than the one chosen here \(\d+ values, not \d+\); choose its size/,
    );
    const restored = await restoreRun(weights, settings, 'w.safetensors');
    expect(restored.remark).toMatch(/Only weights were taken over/);
    restored.run.dispose();
    const single = new Map([['w', { shape: [1], dtype: 'F32' as const, data: Float32Array.of(1) }]]);
    await expect(restoreRun(new Blob([writeSafetensors(single)]), settings, 'w.safetensors')).rejects.toThrow(
      /holds another network than this page trains/,
    );
  });
});
