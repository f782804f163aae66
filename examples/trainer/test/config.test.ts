import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/root.js';
import { parse } from '../../../test/support/configKeys.js';
import { readFixture } from '../../../test/support/fixtures.js';
import { parseConfig } from '../src/config/parseConfig.js';
import { toPretrainConfig } from '../src/config/toPretrainConfig.js';
import type { TutorialConfig } from '../src/config/tutorialSchema.js';

interface ShippedFile {
  as_pyyaml_reads_it: { Train_Validate: object };
  numeric_strings: Record<string, { pyyaml_string: string; number: number }>;
  numbers_resolved: { Train_Validate: Record<string, unknown> };
}

const fixture = readFixture<ShippedFile>('config_ssl_train.json');
const shipped = fixture.numbers_resolved.Train_Validate;
const shippedText = readFileSync(path.join(root, 'examples/ssl_train.yaml'), 'utf8');

const valueAt = (config: object, key: string) =>
  key.split('.').reduce<unknown>((block, name) => (block as Record<string, unknown>)[name], config);

describe("the tutorial's file", () => {
  it('parses unchanged, every number a number', () => {
    const config = parseConfig(shippedText, 'ssl_train.yaml').config;
    for (const [key, value] of Object.entries(shipped)) {
      expect(config[key as keyof TutorialConfig], key).toEqual(value);
    }
    for (const [at, { number }] of Object.entries(fixture.numeric_strings)) {
      expect(valueAt({ Train_Validate: config }, at), at).toBe(number);
    }
  });

  it('parses the same where a reader of YAML 1.1 wrote its numbers as text', () => {
    // JSON is YAML too.
    const again = parseConfig(JSON.stringify(fixture.as_pyyaml_reads_it, null, 1), 'again.yaml').config;
    expect(again).toEqual(parseConfig(shippedText, 'ssl_train.yaml').config);
  });

  it('gives its values to keys that are left out, but for paths and the options of optimizer and schedule', () => {
    const config = parse('epoch: 3') as Record<string, unknown>;
    const own = [
      'data_path',
      'train_csv_name',
      'log_dir',
      'save_dir',
      'betas',
      'eps',
      't_0',
      't_mult',
      'eta_min',
    ];
    for (const [key, value] of Object.entries({ ...shipped, epoch: 3 })) {
      expect(config[key], key).toEqual(own.includes(key) ? undefined : value);
    }
  });

  it('becomes the options of the trainer', () => {
    const { config, run } = toPretrainConfig(parseConfig(shippedText, 'ssl_train.yaml').config);
    expect(config).toEqual({
      data: '/app/data/tutorial_dataset',
      catalog: '/app/data/catalog_2023.csv',
      imageColumns: ['image'],
      channels: 4,
      size: 224,
      buffer: 0,
      nodata: [],
      onBadChip: 'error',
      normalization: 'min_max',
      statistics: 'lab',
      downfactor: 32,
      clipPercent: 0,
      augmentation: 'all',
      scaleFactor: [0.75, 1.5],
      cropStrategy: 'center',
      rotationDegree: [-180, -90, 90, 180],
      sigmaRange: [0.03, 0.07],
      brRange: [-0.02, 0.02],
      contrastRange: [0.9, 1.2],
      bshiftGammaRange: [0.2, 2],
      patchShift: true,
      epochs: 100,
      batch: 40,
      validateBatch: 20,
      accumulate: 1,
      gradientCheckpointing: false,
      seed: 0,
      loss: 'mse',
      lossWeights: { alpha: 0.9, beta: 0.1, gamma: 0 },
      perceptualBands: [0, 1, 2],
      ...{ model: 'unet_att_d', blockOutChannels: [32, 64, 128, 128], layersPerBlock: 1 },
      ...{ tokenSize: 4, embedDim: 192, depth: 8, numHeads: 3 },
      patchSize: 1,
      predictionType: 'noise',
      freezeBatchNorm: 0,
      snrPower: 0,
      noiseOffset: 0,
      zeroTerminalSnr: false,
      skipDropRate: [0],
      ...{ conditions: [], conditionDropout: 0.1, conditionDropoutAll: 0.1 },
      ...{ maskRatio: 0, maskSize: 8, maskBands: 0, maskShare: 0.5, maskLoss: 'all' },
      minSnrGamma: 0,
      clipNorm: 0,
      emaDecay: 0,
      checkpointInterval: 1,
      optimizer: 'adamw',
      learningRate: 2e-4,
      weightDecay: 1e-4,
      betas: [0.9, 0.999],
      eps: 1e-8,
      scheduler: 'cosinewarm',
      scheduleUnit: 'epoch',
      warmup: 5,
      t0: 30,
      tMult: 2,
      etaMin: 1e-5,
      timesteps: 1000,
      timestepSampling: 'uniform',
      noiseSchedule: 'linear',
      betaStart: 1e-6,
      betaEnd: 0.02,
      filterConfig: [64, 256, 512, 1024, 2048, 4096],
      blockNum: [2, 2, 2, 2, 2, 2],
      dropoutRate: 0.1,
      dropoutType: 'traditional',
      upmode: 'deconv_2',
      attention: true,
      timeEmbeddingDim: 128,
    });
    expect(run).toEqual({
      out: '/app/work_dir/exp_pretrain_100k',
      logDir: '/app/work_dir/tutorial_dataset/logs/',
      resume: false,
      backend: 'wasm',
    });
  });
});

describe('toPretrainConfig', () => {
  const configOf = (...lines: string[]) => toPretrainConfig(parse(...lines)).config;

  it('turns normalisation and single augmentations off', () => {
    expect(configOf('apply_normalization: false', 'normal_strategy: z_value').normalization).toBe('none');
    expect(configOf('normal_strategy: z_value').normalization).toBe('z_value');
    expect(configOf('rotation_degree: null', 'br_range: ~')).toMatchObject({
      rotationDegree: null,
      brRange: null,
    });
  });

  it('leaves out what has no value', () => {
    const config = configOf('params_init: null', 'global_stats: null');
    for (const field of ['paramsInit', 'globalStats', 'betas', 'tMax', 'data', 'compat'])
      expect(config).not.toHaveProperty(field);
  });

  it('reads names in capitals, and an empty schedule as none', () => {
    expect(configOf('optimizer: AdamW', 'loss_fn: L1', 'scheduler: Step')).toMatchObject({
      optimizer: 'adamw',
      loss: 'l1',
      scheduler: 'step',
    });
    for (const empty of ['', '""', 'null', 'none'])
      expect(configOf(`scheduler: ${empty}`).scheduler).toBe('none');
  });
});
