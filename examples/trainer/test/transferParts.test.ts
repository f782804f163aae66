import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stackFeatures } from '../../../src/features/index.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { type Budget, budgetName } from '../src/transfer/Budget.js';
import { drawLabels } from '../src/transfer/drawLabels.js';
import { neighbourhoods, WINDOWS } from '../src/transfer/features/neighbourhoodSource.js';
import { sampled } from '../src/transfer/features/networkSource.js';
import { pooled } from '../src/transfer/features/pooled.js';
import { pickRows } from '../src/transfer/gatherRows.js';
import { comparePretraining } from '../src/transfer/report/comparePretraining.js';
import { labelsWorth } from '../src/transfer/report/labelsWorth.js';
import { summarize } from '../src/transfer/report/summarize.js';
import { makeScorer } from '../src/transfer/score.js';
import { NO_LABEL, type Task } from '../src/transfer/Task.js';
import { openTrialLog, type Trial } from '../src/transfer/trialLog.js';

const folder = mkdtempSync(path.join(tmpdir(), 'transfer-parts-'));
beforeAll(() => startTestBackend());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 20 training and 10 other chips of 4 × 4 pixels, three classes; no label in the corner. */
function makeTask(): Task {
  const set = (count: number, shift: number) => ({
    count,
    names: [],
    images: Float32Array.from({ length: count * 16 }, (_, i) => i),
    labels: Int32Array.from({ length: count * 16 }, (_, i) => (i % 16 === 0 ? NO_LABEL : (i + shift) % 3)),
  });
  const sets = { train: set(20, 0), validate: set(10, 1), test: set(10, 2) };
  return { kind: 'segmentation', classes: ['a', 'b', 'c'], shape: [4, 4, 1], sets, fingerprint: '' };
}

describe('drawLabels', () => {
  it('draws the same chips for a seed, others for another, smaller budgets within larger ones', async () => {
    const task = makeTask();
    const draw = (amount: number, seed: number) => drawLabels(task, { kind: 'chips', amount }, seed);
    const [few, again, more, others] = [
      await draw(5, 1),
      await draw(5, 1),
      await draw(10, 1),
      await draw(5, 2),
    ];
    expect(few).toEqual(again);
    expect(new Set(few.train.chips).size).toBe(5);
    expect(few.validate.chips).toHaveLength(3);
    expect(more.train.chips).toEqual(expect.arrayContaining(few.train.chips));
    expect(others.train.chips).not.toEqual(few.train.chips);
    const [chip] = few.train.chips;
    expect(few.train.labels.slice(0, 16)).toEqual(task.sets.train.labels.slice(16 * chip, 16 * chip + 16));
  });

  it('draws points of each class, half as many to choose by, and takes a share of the chips', async () => {
    const task = makeTask();
    const { train, validate } = await drawLabels(task, { kind: 'points', amount: 6 }, 0);
    const known = [...train.labels].filter((label) => label !== NO_LABEL);
    for (const k of [0, 1, 2]) {
      const count = known.filter((label) => label === k).length;
      expect(count).toBeGreaterThan(3);
      expect(count).toBeLessThanOrEqual(6);
    }
    train.labels.forEach((label, at) => {
      if (label === NO_LABEL) return;
      expect(label).toBe(task.sets.train.labels[train.chips[Math.floor(at / 16)] * 16 + (at % 16)]);
    });
    expect([...validate.labels].filter((label) => label !== NO_LABEL).length).toBeLessThanOrEqual(9);
    expect((await drawLabels(task, { kind: 'fraction', amount: 0.25 }, 0)).train.chips).toHaveLength(5);
    await expect(drawLabels(task, { kind: 'chips', amount: 21 }, 0)).rejects.toThrow(
      /21 chips.*there are 20/,
    );
  });

  it('picks at most so many labelled pixels, the same for all who ask', async () => {
    const task = makeTask();
    const { train } = await drawLabels(task, { kind: 'chips', amount: 4 }, 0);
    const options = { limit: 17, seed: 3, part: 0 };
    const picked = await pickRows(task, train, options);
    expect(picked).toEqual(await pickRows(task, train, options));
    expect(picked.flatMap(({ pixels }) => pixels)).toHaveLength(17);
    for (const { chip, pixels, labels } of picked) {
      expect(labels).toEqual(pixels.map((pixel) => task.sets.train.labels[16 * chip + pixel]));
      expect(labels).not.toContain(NO_LABEL);
    }
  });
});

describe('vectors', () => {
  it('have means and deviations of windows, cut off at the border', () => {
    const [height, width, bands] = [7, 6, 2];
    const image = Float32Array.from(
      { length: height * width * bands },
      (_, i) => Math.sin(i * 1.7) * 3 + (i % 5),
    );
    const map = neighbourhoods(image, [height, width, bands]);
    const dims = bands * (1 + 2 * WINDOWS.length);
    for (const [y, x] of [
      [0, 0],
      [3, 2],
      [6, 5],
    ]) {
      for (let b = 0; b < bands; b++) {
        const row = map.subarray((y * width + x) * dims, (y * width + x + 1) * dims);
        expect(row[b]).toBe(image[(y * width + x) * bands + b]);
        for (const [w, window] of WINDOWS.entries()) {
          const values: number[] = [];
          for (let r = 0; r < height; r++) {
            for (let c = 0; c < width; c++) {
              const reach = (window - 1) / 2;
              if (Math.abs(r - y) <= reach && Math.abs(c - x) <= reach)
                values.push(image[(r * width + c) * bands + b]);
            }
          }
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
          expect(row[bands * (1 + 2 * w) + b]).toBeCloseTo(mean, 4);
          expect(row[bands * (2 + 2 * w) + b]).toBeCloseTo(Math.sqrt(variance), 4);
        }
      }
    }
  });

  it('of a network are what stackFeatures gives at those pixels', async () => {
    const random = (length: number) => Float32Array.from({ length }, (_, i) => Math.cos(i * 2.3 + length));
    const sizes = [
      { height: 8, width: 8, channels: 3 },
      { height: 2, width: 4, channels: 2 },
    ];
    const maps = sizes.map((size) => ({ ...size, values: random(size.height * size.width * size.channels) }));
    const tensors = maps.map(({ height, width, channels, values }) => ({
      name: 'map',
      timestep: 0,
      map: tf.tensor4d(values, [1, height, width, channels]),
    }));
    const expected = await stackFeatures(tensors, [8, 8]).data();
    const all = sampled(maps, [8, 8]);
    expect(all).toHaveLength(expected.length);
    for (const [i, value] of all.entries()) expect(value).toBeCloseTo(expected[i], 5);
    expect(sampled(maps, [8, 8], [9, 63])).toEqual(
      Float32Array.from([...all.subarray(45, 50), ...all.subarray(315, 320)]),
    );
  });

  it('of a chip are means and deviations', () => {
    expect([...pooled(new Float32Array([1, 10, 3, 10]), 2)]).toEqual([2, 10, 1, 0]);
  });
});

describe('scores', () => {
  it('are mIoU over classes present, accuracy, and average precision', () => {
    const segmentation = makeScorer({ kind: 'segmentation', classes: ['a', 'b', 'c'] });
    segmentation.add(new Int32Array([0, 0, 1, NO_LABEL]), [
      new Float32Array([0.9, 0.1, 0, 0.2, 0.8, 0, 0, 1, 0, 0, 0, 1]),
    ]);
    expect(segmentation.score()).toBeCloseTo(0.5, 10);
    const scenes = makeScorer({ kind: 'scenes', classes: ['a', 'b'] });
    scenes.add(new Int32Array([1, 1]), [new Float32Array([0.2, 0.8, 0.7, 0.3])]);
    expect(scenes.score()).toBe(0.5);
    const groups = makeScorer({ kind: 'groups', classes: ['a', 'b'] });
    groups.add(new Int32Array([1, 0, 0, 1]), [
      new Float32Array([0.1, 0.9, 0.6, 0.4]),
      new Float32Array([0.2, 0.8, 0.5, 0.5]),
    ]);
    expect(groups.score()).toBeCloseTo(0.75, 10);
  });
});

describe('the report', () => {
  const budget: Budget = { kind: 'chips', amount: 14 };
  const trial = (method: string, seed: number, validation: number, test: number): Trial => ({
    ...{
      task: 'segmentation',
      budget: budgetName(budget),
      seed,
      method,
      settings: '',
      seconds: 1,
      choice: 'x',
    },
    ...{ validation, test },
  });

  it('compares what was the best on validation, not on test', () => {
    const trials = [
      ...[trial('raw', 0, 0.5, 0.3), trial('raw', 1, 0.5, 0.32)],
      ...[trial('lucky', 0, 0.1, 0.9), trial('lucky', 1, 0.1, 0.9)],
      ...[trial('features', 0, 0.6, 0.35), trial('features', 1, 0.6, 0.37)],
    ];
    const cells = summarize(trials, (method) => method === 'features');
    expect(cells.find(({ method }) => method === 'raw')!.deviation).toBeCloseTo(0.0141421, 6);
    const [{ pretrained, other, gain, relative, interval }] = comparePretraining(cells, [budget]);
    expect([pretrained, other]).toEqual([['features'], ['raw']]);
    expect(gain).toBeCloseTo(0.05, 10);
    expect(relative).toBeCloseTo(0.05 / 0.31, 10);
    expect(interval!.low).toBeCloseTo(0.05, 10);
  });

  it('takes the smaller two budgets together, seed by seed', () => {
    const budgets = [14, 56, 280].map((amount): Budget => ({ kind: 'chips', amount }));
    const scores = { raw: [0.3, 0.4, 0.5], features: [0.36, 0.38, 0.9] };
    const trials = budgets.flatMap((one, i) =>
      Object.entries(scores).flatMap(([method, own]) =>
        [0, 1].map((seed) => ({
          ...trial(method, seed, own[i], own[i] + (method === 'raw' ? 0 : 0.02 * seed)),
          budget: budgetName(one),
        })),
      ),
    );
    const cells = summarize(trials, (method) => method === 'features');
    const compared = comparePretraining(cells, budgets);
    expect(compared.map(({ budgets: names }) => names.join(' + '))).toEqual([
      ...['14 chips', '56 chips', '280 chips'],
      '14 chips + 56 chips',
    ]);
    // (0.06 − 0.02) / 2 and as much again by 0.02 of the second seed; of a half-width t(0.975, 1) · 0.01.
    const { gain, relative, interval } = compared[3];
    expect(gain).toBeCloseTo(0.03, 10);
    expect(relative).toBeCloseTo(0.03 / 0.35, 10);
    expect(interval!.high - gain).toBeCloseTo(12.706205 * 0.01, 6);
  });

  it('has the mean of what trainings reached up to each check', () => {
    const curves = [
      [0.1, 0.3, 0.2, 0.4],
      [0.5, 0.4],
    ];
    const trials = curves.map((curve, seed) => ({ ...trial('scratch', seed, 0.4, 0.4), curve }));
    const [{ curve }] = summarize(trials, () => false);
    for (const [i, wanted] of [0.3, 0.4, 0.4, 0.45].entries()) expect(curve![i]).toBeCloseTo(wanted, 10);
  });

  it('says how many labels a score costs', () => {
    const curve = [
      { amount: 10, score: 0.2 },
      { amount: 1000, score: 0.4 },
    ];
    expect(labelsWorth(curve, 0.3)).toBeCloseTo(100, 8);
    expect(labelsWorth(curve, 0.1)).toBe(10);
    expect(labelsWorth(curve, 0.5)).toBeUndefined();
  });

  it('cuts off a trial that a killed process has half written, and refuses what is none', async () => {
    const file = path.join(folder, 'trials.jsonl');
    const log = await openTrialLog(file);
    await log.add(trial('raw', 0, 0.5, 0.3));
    const whole = readFileSync(file, 'utf8');
    appendFileSync(file, '{"task":"segm');
    const again = await openTrialLog(file);
    expect(again.trials).toEqual(log.trials);
    expect(readFileSync(file, 'utf8')).toBe(whole);
    writeFileSync(file, 'no trial\n');
    await expect(openTrialLog(file)).rejects.toThrow(/line 1: it is no trial/);
  });
});
