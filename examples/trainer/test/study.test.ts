import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { vit } from 'diffusion-ssl/models';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { decode } from 'fast-png';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { study } from '../src/commands/study.js';
import { openVit } from '../src/model/openVit.js';
import { StudyNetwork } from '../src/study/StudyNetwork.js';
import { studyLoss } from '../src/study/studyLoss.js';
import { CLASSES, writeLabelledChips } from './labelledChips.js';

const folder = mkdtempSync(path.join(tmpdir(), 'study-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
let catalog: string;
const config = { imgSize: 32, patchSize: 8, inChans: 2, embedDim: 12, depth: 1, numHeads: 3, seed: 4 };
const settings = { classes: 3, width: 2, rate: 0.01, backboneRate: 0.5 };

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await startTestBackend();
  const model = vit(config);
  for (const weight of model.weights) {
    if (/qkv.weight|cls_token/.test(weight.name)) weight.write(tf.mul(weight.read(), 8));
  }
  await savePretrained(model, folderFiles(at('vit')), {
    ...{ factory: 'vit', config, bands: [{ name: 'a' }, { name: 'b' }], size: [32, 32] },
    normalization: {
      ...({ strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [2, 1.1], std: [1.3, 1] } } as const),
    },
  });
  model.dispose();
  catalog = writeLabelledChips(folder, { train: 6, validate: 4, test: 5 });
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = (out: string, ...more: string[]) =>
  study([
    ...[at('vit'), '--catalog', catalog, '--classes', CLASSES.join('|'), '--out', at(out)],
    ...['--seeds', '1', '--batch', '4', '--width', '4', '--steps', '4', '--fractions', '1', ...more],
  ]);
const trialsOf = (out: string) =>
  readFileSync(at(out, 'trials.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('study', () => {
  it('tries every input and start, writes tables and a picture, and goes on where it stood', async () => {
    const more = ['--steps', '12', '--lr', '0.05', '--batch', '2', '--width', '2'];
    await run('all', ...more);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const trials = trialsOf('all');
    expect(trials.map(({ method }) => method)).toEqual([
      ...['bands', 'maps-scratch', 'maps-frozen', 'maps-unfrozen', 'maps-and-bands-scratch'],
      ...[
        'maps-and-bands-frozen',
        'maps-and-bands-unfrozen',
        'tokens-scratch',
        'tokens-frozen',
        'tokens-unfrozen',
      ],
    ]);
    for (const { test, seconds } of trials) {
      expect(test).toBeGreaterThan(0);
      expect(test).toBeLessThanOrEqual(1);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(new Set(trials.map(({ test }) => test)).size).toBeGreaterThan(2);
    const table = readFileSync(at('all/segmentation.md'), 'utf8');
    expect(table).toMatch(/\| \*\*tokens-frozen\*\* \| 0\.\d{3} \|/);
    const picture = decode(readFileSync(at('all/chips.png')));
    // A chip, three heads, three predictions, labels.
    expect(picture.width).toBeGreaterThan(8 * 144);
    // A line that was cut off, and one that is gone, are tried again, with the same result.
    const whole = readFileSync(at('all/trials.jsonl'), 'utf8');
    const lines = whole.split('\n');
    writeFileSync(at('all/trials.jsonl'), `${lines.slice(0, 8).join('\n')}\n${lines[8].slice(0, 20)}`);
    await run('all', ...more);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const again = trialsOf('all');
    expect(again.map(({ method, test }) => [method, test])).toEqual(
      trials.map(({ method, test }) => [method, test]),
    );
    expect(again.slice(0, 8)).toEqual(trials.slice(0, 8));
  }, 120_000);

  it('learns what chips show', async () => {
    await run('bands', '--methods', 'bands', '--steps', '60', '--lr', '0.02', '--loss', 'ce');
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    // By chance of three classes about a fifth.
    expect(trialsOf('bands')[0].test).toBeGreaterThan(0.6);
  }, 60_000);

  it('refuses what it cannot do', async () => {
    await run('none', '--ignore-index', '1', '--labels', 'nothing');
    expect(process.exitCode).toBe(1);
    expect(said.at(-1)).toMatch(/has no column 'nothing'/);
    expect(existsSync(at('none/segmentation.md'))).toBe(false);
  });
});

describe('its networks', () => {
  it.each(['maps', 'tokens'] as const)(
    'train the transformer behind %s by the right gradient',
    async (input) => {
      await startTestBackend();
      const model = await openVit(at('vit'));
      const network = new StudyNetwork(
        model,
        { name: 'one', input, start: 'unfrozen' },
        { ...settings, seed: 1 },
      );
      const x = tf.randomNormal<tf.Rank.R4>([2, 16, 24, 2], 0, 1, 'float32', 3);
      const labels = tf.tensor3d(
        Int32Array.from({ length: 768 }, (_, i) => (i % 5 === 4 ? -1 : i % 3)),
        [2, 16, 24],
        'int32',
      );
      // Batch norm bends what maps do too soon to measure a slope, and without it tokens do too little.
      const isTraining = input === 'tokens';
      const loss = () => studyLoss('bce', network.logits(network.input(x), isTraining), labels);
      const qkv = network.variables.find(({ shape }) => shape.join() === '12,36')!;
      const { grads, value } = tf.variableGrads(loss, [qkv]);
      const slope = await Object.values(grads)[0].data();
      expect(Number.isFinite((await value.data())[0])).toBe(true);
      // Along the gradient itself, where the change is largest.
      const size = Math.hypot(...slope);
      expect(size).toBeGreaterThan(1e-5);
      const start = tf.clone(qkv);
      const lossAt = async (step: number) => {
        qkv.assign(tf.add(start, tf.mul(Object.values(grads)[0], step / size)) as typeof start);
        return (await loss().data())[0];
      };
      const reach = 0.05;
      const measured = ((await lossAt(reach)) - (await lossAt(-reach))) / (2 * reach);
      expect(Math.abs(measured / size - 1)).toBeLessThan(0.05);
      network.dispose();
      model.model.dispose();
    },
  );

  it('leave a frozen transformer as it is, and the pretrained one in any case', async () => {
    await startTestBackend();
    const model = await openVit(at('vit'));
    const before = await Promise.all(model.model.getWeights().map((weight) => weight.data()));
    const x = tf.randomNormal<tf.Rank.R4>([2, 16, 16, 2], 0, 1, 'float32', 3);
    for (const start of ['frozen', 'unfrozen', 'scratch'] as const) {
      const network = new StudyNetwork(
        model,
        { name: start, input: 'tokens', start },
        { ...settings, seed: 1 },
      );
      const labels = tf.zeros<tf.Rank.R3>([2, 16, 16], 'int32');
      const tokens = async () => (await network.input(x).data()).slice();
      const first = await tokens();
      for (let step = 0; step < 3; step++)
        network.optimizer.minimize(
          () => studyLoss('ce', network.logits(network.input(x), true), labels),
          false,
          network.variables,
        );
      const moved = Math.max(...(await tokens()).map((value, i) => Math.abs(value - first[i])));
      if (start === 'frozen') expect(moved).toBe(0);
      else expect(moved).toBeGreaterThan(1e-3);
      network.dispose();
    }
    const after = await Promise.all(model.model.getWeights().map((weight) => weight.data()));
    expect(after).toEqual(before);
    model.model.dispose();
  });

  it('lose over pixels with a label alone', async () => {
    const logits = tf.tensor4d([2, -1, 0.5, 3, -2, 4], [1, 1, 3, 2]);
    const labels = tf.tensor3d([0, -1, 1], [1, 1, 3], 'int32');
    const part = (value: number, is: number) => Math.log(1 + Math.exp(value)) - is * value;
    const expected = (part(2, 1) + part(-1, 0) + part(-2, 0) + part(4, 1)) / 4;
    expect((await studyLoss('bce', logits, labels).data())[0]).toBeCloseTo(expected, 5);
    const none = tf.fill([1, 1, 3], -1, 'int32');
    expect((await studyLoss('bce', logits, none).data())[0]).toBe(0);
  });
});
