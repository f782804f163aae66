import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { configOf } from '../../../test/support/configOf.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { drawMask } from '../src/run/drawMask.js';
import { drawNoise } from '../src/run/drawNoise.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';
import { createRun, type RunParts } from '../src/setup/createRun.js';
import { modelConfigOf } from '../src/setup/modelConfigOf.js';
import { networkOf } from '../src/setup/networkOf.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-objective-'));
const file = (...names: string[]) => path.join(folder, ...names);
const bytes = (...names: string[]) => readFileSync(file(...names)).toString('latin1');
const shape: [number, number, number, number] = [4, 32, 32, 3];
const filters = '[4, 4, 8, 8, 8, 8]';
const model = `model_kwargs: {filter_config: ${filters}, block_num: [1, 1, 1, 1, 1, 1], dropout_rate: 0}`;
const where = [
  ...[`data_path: ${folder}`, `train_csv_name: ${file('catalog.csv')}`, 'channels: 3', 'data_size: 32'],
  ...['train_batch: 2', 'validate_batch: 2', 'scheduler: none', 'warmup_period: 0', model],
];

/** Trains as these lines of a configuration file say, into the folder `run`. */
function train(run: string, lines: readonly string[], hooks?: PretrainHooks) {
  const all = [...where, `save_dir: ${file(run)}`, ...lines].map((line) => `  ${line}`);
  writeFileSync(file(`${run}.yaml`), ['Train_Validate:', ...all].join('\n'));
  // Without workers: their file stands in the built package, which a fresh clone does not have yet.
  const options = parsePretrainOptions(['--config', file(`${run}.yaml`), '--workers', '0', '--threads', '1']);
  return pretrain(options, hooks);
}

/** The loss of a run's first step. */
async function firstLoss(run: string, ...lines: string[]): Promise<number> {
  await train(run, ['epoch: 1', ...lines], stopAfter(1));
  const [first] = bytes(run, 'log.jsonl')
    .split('\n')
    .filter((line) => line.includes('"loss"'));
  return (JSON.parse(first) as { loss: number }).loss;
}

/** ᾱ of the run of a configuration. */
async function alphaBarsOf(...lines: string[]): Promise<Float64Array> {
  const config = configOf(model, ...lines);
  const data = { train: { batchesPerEpoch: 1 } };
  const parts = { folder, config, data, network: networkOf(config, [32, 32, 3]), backend: { build: 'test' } };
  return (await createRun(parsePretrainOptions([]), parts as unknown as RunParts)).alphaBars;
}

// A run ends the backend that it has started.
beforeEach(startTestBackend);
beforeAll(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const lines = ['image,usage'];
  for (let i = 0; i < 8; i++) {
    writeRaster(file(`${i}.tif`), 3, Uint16Array.from(smoothPixels(3, i)));
    lines.push(`${i}.tif,${i < 6 ? 'train' : 'validate'}`);
  }
  writeFileSync(file('catalog.csv'), `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('noise', () => {
  it('noise_offset: shifts each band of each chip as a whole, by numbers of that deviation', async () => {
    const means = async (line: string) => {
      const noise = drawNoise(configOf(line), [64, 8, 8, 3], 5);
      const result = await tf.tidy(() => tf.mean(noise, [1, 2])).data();
      noise.dispose();
      return Array.from(result);
    };
    const [plain, shifted, other] = [
      await means('noise_offset: 0'),
      await means('noise_offset: 2'),
      await means('seed: 1'),
    ];
    const offsets = shifted.map((value, i) => value - plain[i]);
    const deviation = Math.sqrt(offsets.reduce((sum, x) => sum + x ** 2, 0) / offsets.length);
    // 192 draws: 4 standard deviations are a fifth.
    expect(Math.abs(deviation / 2 - 1)).toBeLessThan(0.2);
    expect(other).not.toEqual(plain);
    expect(await means('noise_offset: 2')).toEqual(shifted);
    // A fresh network predicts next to nothing: the loss is the noise's own variance.
    const [none, much] = [await firstLoss('noNoise'), await firstLoss('offset', 'noise_offset: 6')];
    expect(much / none).toBeGreaterThan(5);
  });

  it('zero_terminal_snr: ends the schedule at nothing but noise, to a run with samples', async () => {
    const plain = await alphaBarsOf('diffusion: {timesteps: 20, beta_end: 0.3}', 'prediction_type: v');
    const lines = [
      'diffusion: {timesteps: 20, beta_end: 0.3}',
      'prediction_type: v',
      'zero_terminal_snr: true',
    ];
    const rescaled = await alphaBarsOf(...lines);
    expect(plain[19]).toBeGreaterThan(0.01);
    expect(rescaled[19]).toBe(0);
    expect(rescaled[0]).toBeCloseTo(plain[0], 12);
    expect(await train('terminal', ['epoch: 1', ...lines])).toBe('finished');
    expect(existsSync(file('terminal', 'samples.png'))).toBe(true);
    expect(() => configOf('zero_terminal_snr: true')).toThrow(
      /zero_terminal_snr needs prediction_type x0 or v: noise says nothing of a chip/,
    );
  });
});

describe('the skip connections', () => {
  it('skip_drop_rate: are dropped by one probability, or by one each', () => {
    const ratesOf = (line: string) => modelConfigOf(configOf(model, line), 3).skipDropRate;
    expect(ratesOf('skip_drop_rate: [0.5]')).toBe(0.5);
    expect(ratesOf('skip_drop_rate: [0.5, 0, 0.1, 0, 0]')).toEqual([0.5, 0, 0.1, 0, 0]);
    expect(ratesOf('seed: 0')).toBe(0);
  });

  it('skip_drop_rate: changes the loss of training', async () => {
    const [none, much] = [await firstLoss('skips'), await firstLoss('noSkips', 'skip_drop_rate: [0.9]')];
    expect(much).not.toBe(none);
  });
});

describe('masks', () => {
  const maskOf = async (...lines: string[]) => {
    const found = drawMask(configOf(...lines), shape, 7);
    if (found === undefined) return undefined;
    const whole = tf.tidy(() => tf.broadcastTo(found.mask, shape));
    const values = await whole.data();
    tf.dispose([whole, found]);
    return values;
  };
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);

  it('mask_ratio, mask_size: cover that share of blocks of that side', async () => {
    expect(await maskOf('mask_ratio: 0')).toBeUndefined();
    const blocks = (await maskOf('mask_ratio: 0.25', 'mask_size: 16', 'mask_share: 1'))!;
    expect(sum(blocks)).toBe(0.25 * blocks.length);
    // All of a block are as its first pixel, over all bands.
    blocks.forEach((value, i) => {
      const [chip, y, x] = [Math.floor(i / 3072), Math.floor(i / 96) % 32, Math.floor(i / 3) % 32];
      expect(value).toBe(blocks[((chip * 32 + (y < 16 ? 0 : 16)) * 32 + (x < 16 ? 0 : 16)) * 3]);
    });
    const pixels = (await maskOf('mask_ratio: 0.25', 'mask_size: 1', 'mask_share: 1'))!;
    expect(sum(pixels)).toBe(sum(blocks));
    expect(pixels).not.toEqual(blocks);
  });

  it('mask_bands: covers so many bands', async () => {
    const bands = (await maskOf('mask_bands: 1', 'mask_share: 1'))!;
    for (let chip = 0; chip < 4; chip++) {
      const values = bands.subarray(3072 * chip, 3072 * (chip + 1));
      expect(sum(values)).toBe(1024);
      expect(sum(values.subarray(0, 3))).toBe(1);
    }
    await expect(train('tooMany', ['epoch: 1', 'mask_bands: 4'])).rejects.toThrow(
      /^mask_bands in .*tooMany\.yaml is 4, but the chips have 3 bands\.$/,
    );
  });

  it('mask_share: is the share of chips of which something is masked', async () => {
    const config = configOf('mask_ratio: 1', 'mask_share: 0.25');
    const found = drawMask(config, [400, 4, 4, 1], 3)!;
    const chips = await tf.max(found.mask, [1, 2, 3]).data();
    // 4 standard deviations of 400 draws.
    expect(Math.abs(sum(chips) - 100)).toBeLessThan(35);
    expect(await maskOf('mask_ratio: 1', 'mask_share: 0')).toBeUndefined();
  });

  it('mask_loss: counts what is masked, what is not, or all', async () => {
    const lines = ['prediction_type: x0', 'mask_ratio: 0.25', 'mask_size: 16', 'mask_share: 1'];
    const of = (region: string) => firstLoss(region, ...lines, `mask_loss: ${region}`);
    const [all, masked, visible] = [await of('all'), await of('masked'), await of('visible')];
    expect(masked).not.toBeCloseTo(visible, 3);
    expect(0.25 * masked + 0.75 * visible).toBeCloseTo(all, 4);
    expect(all).not.toBe(await firstLoss('unmasked', 'prediction_type: x0'));
    expect(() => configOf('mask_ratio: 0.5', 'mask_loss: masked', 'loss_fn: ssim')).toThrow(
      /mask_loss is masked; it must be all with loss_fn ssim/,
    );
  });
});

describe('a run with all of them', () => {
  it('goes on where it stopped, bit for bit', async () => {
    const lines = [
      ...[
        'epoch: 2',
        'accumulate: 2',
        'diffusion: {timesteps: 20, beta_end: 0.3}',
        'learning_rate_init: 0.01',
      ],
      ...['prediction_type: v', 'zero_terminal_snr: true', 'noise_offset: 0.1', 'skip_drop_rate: [0.4]'],
      ...['mask_ratio: 0.5', 'mask_bands: 1', 'mask_loss: masked'],
    ];
    expect(await train('whole', lines)).toBe('finished');
    expect(await train('stopped', lines, stopAfter(1))).toBe('interrupted');
    expect(await train('stopped', [...lines, 'resume: true'])).toBe('finished');
    for (const name of ['log.jsonl', 'weights.safetensors']) {
      expect(bytes('stopped', name) === bytes('whole', name), name).toBe(true);
    }
    expect(bytes('whole', 'log.jsonl').split('"loss"').length).toBe(5);
  });
});
