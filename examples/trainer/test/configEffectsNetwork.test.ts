import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { setDropoutStep } from '../../../src/models/setDropoutStep.js';
import { unetAttD } from '../../../src/models/unetAttD.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { expectClose } from '../../../test/support/compare.js';
import { configOf } from '../../../test/support/configOf.js';
import { fixturePath } from '../../../test/support/fixtures.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { createRun, type RunParts } from '../src/setup/createRun.js';
import { makeLoss } from '../src/setup/makeLoss.js';
import { modelConfigOf } from '../src/setup/modelConfigOf.js';
import { buildNetwork, networkOf as runNetworkOf } from '../src/setup/networkOf.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-network-'));
const SMALL = { filter_config: '[4, 4, 8, 8, 8, 8]', block_num: '[1, 1, 1, 1, 1, 1]' };

beforeAll(startTestBackend);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The network of a configuration whose `model_kwargs` are small but for these. */
function networkOf(kwargs: Record<string, string | number | boolean>): LayersModel {
  const all = Object.entries({ ...SMALL, ...kwargs }).map(([key, value]) => `${key}: ${value}`);
  return unetAttD(modelConfigOf(configOf(`model_kwargs: {${all.join(', ')}}`), 2));
}

/** The shapes of a network's parameters by their torch names. */
const shapesOf = (model: LayersModel) =>
  Object.fromEntries(namedParameters(model).map(({ name, variable }) => [name, variable.shape]));

describe('the network', () => {
  it('model: is the one of that name', () => {
    expect(configOf('model: unet_att_d')).toMatchObject({ filterConfig: [64, 256, 512, 1024, 2048, 4096] });
    expect(runNetworkOf(configOf('model: unet2d'), [64, 64, 4])).toMatchObject({ factory: 'unet2d' });
    expect(() => configOf('model: unet')).toThrow(
      /model is 'unet'; it must be one of unet_att_d, unet2d, uVit, dit\./,
    );
  });

  const unet2dOf = (...lines: string[]) => {
    const config = configOf('model: unet2d', 'block_out_channels: [8, 16]', ...lines);
    return shapesOf(buildNetwork(runNetworkOf(config, [16, 16, 3])));
  };

  it('block_out_channels, layers_per_block: are the channels and ResNet blocks of the resolutions of unet2d', () => {
    const shapes = unet2dOf('layers_per_block: 2');
    expect(shapes['conv_in.weight']).toEqual([3, 3, 3, 8]);
    expect(shapes['down_blocks.1.resnets.1.conv2.weight']).toEqual([3, 3, 16, 16]);
    expect(shapes['conv_out.weight']).toEqual([3, 3, 8, 3]);
    expect(Object.keys(unet2dOf()).some((name) => name.startsWith('down_blocks.0.resnets.1'))).toBe(false);
  });

  it('attention_levels: are the resolutions of unet2d with attention', () => {
    const attended = (...lines: string[]) =>
      [
        ...new Set(
          Object.keys(unet2dOf(...lines)).flatMap((name) => /^(.*)\.attentions/.exec(name)?.[1] ?? []),
        ),
      ].sort();
    expect(attended('attention_levels: []')).toEqual([]);
    expect(attended('attention_levels: [1]')).toEqual(['down_blocks.0', 'up_blocks.1']);
    expect(attended('attention_levels: [2]')).toEqual(['down_blocks.1', 'mid_block', 'up_blocks.0']);
    const both = ['down_blocks.0', 'down_blocks.1', 'mid_block', 'up_blocks.0', 'up_blocks.1'];
    expect(attended()).toEqual(both);
  });

  it.each(['uVit', 'dit'])(
    'token_size, embed_dim, depth, num_heads: are of the tokens and blocks of %s',
    (name) => {
      const lines = ['token_size: 2', 'embed_dim: 24', 'depth: 4', 'num_heads: 3'];
      const network = runNetworkOf(configOf(`model: ${name}`, ...lines), [16, 8, 3]);
      expect(network.config).toMatchObject({ numHeads: 3 });
      const shapes = shapesOf(buildNetwork(network));
      expect(shapes.pos_embed).toEqual([1, name === 'uVit' ? 33 : 32, 24]);
      expect(shapes[name === 'uVit' ? 'patch_embed.proj.weight' : 'x_embedder.proj.weight']).toEqual([
        2, 2, 3, 24,
      ]);
      const last = name === 'uVit' ? 'out_blocks.1' : 'blocks.3';
      expect(shapes[`${last}.attn.qkv.weight`]).toEqual([24, 72]);
      expect(() => configOf(`model: ${name}`, 'embed_dim: 24', 'num_heads: 5')).toThrow(
        /num_heads is 5; it must be a divisor of embed_dim, 24/,
      );
    },
  );

  it('model_kwargs.filter_config, model_kwargs.block_num: are the channels and the convolutions of the levels', () => {
    const shapes = shapesOf(
      networkOf({ filter_config: '[4, 6, 8, 10, 12, 14]', block_num: '[1, 2, 3, 1, 2, 1]' }),
    );
    const convolutions = (level: number) =>
      Object.entries(shapes).filter(
        ([name, shape]) => name.startsWith(`encoder_${level}.`) && shape.length === 4,
      );
    [4, 6, 8, 10, 12, 14].forEach((channels, i) => {
      const found = convolutions(i + 1);
      expect(found.length).toBe([1, 2, 3, 1, 2, 1][i]);
      for (const [, shape] of found) expect(shape[3]).toBe(channels);
    });
  });

  it('patch_size: takes cells of pixels as channels', () => {
    const encoder = (patchSize: number) => {
      const config = configOf(
        `model_kwargs: {filter_config: ${SMALL.filter_config}}`,
        `patch_size: ${patchSize}`,
      );
      return shapesOf(unetAttD(modelConfigOf(config, 2)))['encoder_1.block.0.weight'];
    };
    expect(encoder(2)).toEqual([3, 3, 8, 4]);
    expect(encoder(1)).toEqual([3, 3, 2, 4]);
  });

  it('model_kwargs.time_embedding_dim: is the size of the embedding', () => {
    expect(shapesOf(networkOf({ time_embedding_dim: 24 }))['time_mlp.0.weight']).toEqual([24, 8]);
    expect(shapesOf(networkOf({}))['time_mlp.0.weight']).toEqual([128, 8]);
  });

  it('model_kwargs.use_skipAtt: has attention gates or none', () => {
    const gates = (use: boolean) =>
      Object.keys(shapesOf(networkOf({ use_skipAtt: use }))).filter((name) => name.startsWith('Att'));
    expect(gates(false)).toEqual([]);
    expect(new Set(gates(true).map((name) => name.slice(0, 4)))).toEqual(
      new Set(['Att1', 'Att2', 'Att3', 'Att4', 'Att5']),
    );
  });

  it('model_kwargs.upmode: enlarges by interpolation, two kinds of transposed convolution, or shuffled pixels', () => {
    const decoder = (upmode: string) =>
      Object.entries(shapesOf(networkOf({ upmode })))
        .filter(([name, shape]) => name.startsWith('decoder_1.') && shape.length === 4)
        .map(([, shape]) => shape);
    // From 8 to 8 channels at twice the size; a shuffle needs four times as many.
    expect(decoder('deconv_2')).toEqual([[4, 4, 8, 8]]);
    expect(decoder('deconv_1')).toEqual([[2, 2, 8, 8]]);
    expect(decoder('fixed')).toEqual([[1, 1, 8, 8]]);
    expect(decoder('DUC')[0][3]).toBe(32);
  });

  it(
    'model_kwargs.dropout_rate, model_kwargs.dropout_type: drops that share of values, ' +
      'or of whole channels',
    async () => {
      const kwargs = { filter_config: '[32, 4, 8, 8, 8, 8]', block_num: '[2, 1, 1, 1, 1, 1]' };
      const x = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 2], 0, 1, 'float32', 3);
      /** For each value of the first block in training that is not 0 without dropout: whether it is with it. */
      const block = async (rate: number, type: string) => {
        const model = networkOf({ ...kwargs, dropout_rate: rate, dropout_type: type });
        setDropoutStep(model, 1);
        const output = tf.tidy(() => model.getLayer('encoder_1').apply(x, { training: true }) as tf.Tensor);
        const values = await output.data();
        output.dispose();
        return values;
      };
      const whole = await block(0, 'traditional');
      const channelOf = (i: number) => 32 * Math.floor(i / (32 * 32 * 32)) + (i % 32);
      for (const [rate, type] of [
        [0.2, 'traditional'],
        [0.5, 'traditional'],
        [0.5, 'spatial'],
      ] as const) {
        const dropped = await block(rate, type);
        const zeros = new Array<number>(64).fill(0);
        const all = new Array<number>(64).fill(0);
        let worst = 0;
        whole.forEach((value, i) => {
          if (value === 0) return;
          all[channelOf(i)]++;
          if (dropped[i] === 0) zeros[channelOf(i)]++;
          else worst = Math.max(worst, Math.abs(dropped[i] - value / (1 - rate)));
        });
        expect(worst).toBeLessThan(1e-4);
        const shares = zeros.map((count, channel) => count / all[channel]);
        const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
        expect(Math.abs(mean - rate)).toBeLessThan(type === 'spatial' ? 0.2 : 0.02);
        const isWhole = shares.map((share) => share === 0 || share === 1);
        expect(isWhole.every((each) => each === (type === 'spatial'))).toBe(true);
      }
      x.dispose();
    },
  );

  it('seed: decides the weights', async () => {
    const weightsOf = async (seed: number) => {
      const model = unetAttD({
        ...modelConfigOf(configOf(`seed: ${seed}`), 2),
        filterConfig: [4, 4, 4, 4, 4, 4],
      });
      return namedParameters(model)[0].variable.data();
    };
    expect(await weightsOf(1)).not.toEqual(await weightsOf(2));
    expect(await weightsOf(1)).toEqual(await weightsOf(1));
  });
});

describe('the diffusion', () => {
  /** Cumulative products of 1 - beta of the run of a configuration. */
  async function alphaBarsOf(diffusion: string): Promise<Float64Array> {
    const config = configOf(
      `diffusion: {${diffusion}}`,
      `model_kwargs: {filter_config: ${SMALL.filter_config}}`,
    );
    const parts = {
      folder,
      config,
      data: { train: { batchesPerEpoch: 1 } },
      network: runNetworkOf(config, [32, 32, 2]),
      backend: { build: 'test' },
    } as unknown as RunParts;
    const run = await createRun(parsePretrainOptions([]), parts);
    return run.alphaBars;
  }
  function products(count: number, beta: (i: number) => number): number[] {
    let product = 1;
    return Array.from({ length: count }, (_, i) => {
      product *= 1 - beta(i);
      return product;
    });
  }
  const close = { abs: 1e-9, rel: 1e-9 };

  it(
    'diffusion.timesteps, diffusion.beta_start, diffusion.beta_end: ' +
      'are the length and the ends of the variances',
    async () => {
      const linear = products(20, (i) => 0.01 + (0.3 * i) / 19);
      expectClose(await alphaBarsOf('timesteps: 20, beta_start: 0.01, beta_end: 0.31'), linear, close);
      const shipped = products(1000, (i) => 1e-6 + ((0.02 - 1e-6) * i) / 999);
      expectClose(await alphaBarsOf(''), shipped, close);
    },
  );

  it('diffusion.noise_schedule: is the shape of the variances', async () => {
    const ends = 'timesteps: 20, beta_start: 0.01, beta_end: 0.31';
    const [low, high] = [Math.sqrt(0.01), Math.sqrt(0.31)];
    const cosine = (offset: number) => (i: number) => {
      const root = (step: number) => Math.cos((((step / 20 + offset) / (1 + offset)) * Math.PI) / 2);
      return 1 - (root(i + 1) / root(i)) ** 2;
    };
    const shapes: Record<string, (i: number) => number> = {
      scaled_linear: (i) => (low + ((high - low) * i) / 19) ** 2,
      sigmoid: (i) => 0.01 + 0.3 / (1 + Math.exp(6 - (12 * i) / 19)),
      squaredcos_cap_v2: (i) => Math.min(0.999, cosine(0.008)(i)),
      cosine: (i) => Math.min(0.31, Math.max(0.01, cosine(0.001)(i))),
    };
    for (const [name, beta] of Object.entries(shapes))
      expectClose(await alphaBarsOf(`noise_schedule: ${name}, ${ends}`), products(20, beta), close);
  });
});

describe('the loss', () => {
  const shape: [number, number, number, number] = [2, 32, 32, 4];
  const prediction = () => tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', 1);
  const target = () => tf.randomNormal<tf.Rank.R4>(shape, 0.2, 1.1, 'float32', 2);
  async function lossOf(...keys: string[]): Promise<number> {
    const loss = await makeLoss(configOf(...keys), 4);
    return (await tf.tidy(() => loss(prediction(), target())).data())[0];
  }
  async function differences(): Promise<number[]> {
    return [...(await tf.tidy(() => tf.sub(prediction(), target())).data())];
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('loss_fn: is the mean of squares, of amounts or of what lies between, or of dissimilarities', async () => {
    const all = await differences();
    expect(await lossOf('loss_fn: mse')).toBeCloseTo(mean(all.map((d) => d * d)), 4);
    expect(await lossOf('loss_fn: l1')).toBeCloseTo(mean(all.map(Math.abs)), 4);
    expect(await lossOf('loss_fn: charbonnier')).toBeCloseTo(mean(all.map((d) => Math.hypot(d, 1e-3))), 4);
    // Of two noises that have nothing in common.
    expect(Math.abs((await lossOf('loss_fn: ssim')) - 1)).toBeLessThan(0.1);
  });

  it(
    'loss_weights.alpha, loss_weights.beta, loss_weights.gamma: ' +
      'are the factors of the parts of hybrid_light',
    async () => {
      const hybrid = (weights: string) => lossOf('loss_fn: hybrid_light', `loss_weights: {${weights}}`);
      const [mse, ssim] = [await lossOf('loss_fn: mse'), await lossOf('loss_fn: ssim')];
      const kl = await hybrid('alpha: 0, beta: 0, gamma: 1');
      expect(kl).toBeGreaterThan(0.01);
      expect(await hybrid('alpha: 1, beta: 0, gamma: 0')).toBeCloseTo(mse, 4);
      expect(await hybrid('alpha: 0.5, beta: 0.25, gamma: 2')).toBeCloseTo(
        0.5 * mse + 0.25 * ssim + 2 * kl,
        4,
      );
      expect(await lossOf('loss_fn: hybrid_light')).toBeCloseTo(0.9 * mse + 0.1 * ssim, 4);
    },
  );

  it('perceptual_weights, perceptual_bands: compares features of three bands', async () => {
    const file = fixturePath('losses/perceptual_vgg.safetensors');
    const keys = ['loss_fn: perceptual', `perceptual_weights: ${file}`];
    const of = (bands: string) => lossOf(...keys, `perceptual_bands: ${bands}`);
    const first = await of('[0, 1, 2]');
    expect(first).toBeGreaterThan(0);
    expect(await lossOf(...keys)).toBe(first);
    expect(await of('[3, 1, 0]')).not.toBe(first);
    await expect(of('[2, 3, 4]')).rejects.toThrow(
      /perceptual-bands \(perceptual_bands in a configuration file\) names band 4, but the chips have 4 bands, 0 to 3/,
    );
    const missing = ['loss_fn: perceptual', 'perceptual_weights: nowhere.safetensors'];
    await expect(lossOf(...missing)).rejects.toThrow(/nowhere\.safetensors: .*no such file/);
  });
});
