import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { registerLayers } from '../../src/layers/registerLayers.js';
import { type NamedParameter, namedParameters } from '../../src/models/namedParameters.js';
import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { pixelShuffle } from '../../src/ops/pixelShuffle.js';
import { pixelUnshuffle } from '../../src/ops/pixelUnshuffle.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { nodeFileHandler } from '../../src/training/node/nodeFileHandler.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { readFixture } from '../support/fixtures.js';
import { normals, outputOf, smallBatch, smallConfig, upmodeCases } from './smallModels.js';

beforeAll(startTestBackend);

const names = (model: tfl.LayersModel) => namedParameters(model).map(({ name }) => name);

describe('saving and loading', () => {
  /** A model whose weights and running statistics are not the initial ones. */
  const trained = async (config: UnetAttDConfig = {}) => {
    const model = unetAttD({ ...smallConfig, ...config, seed: 5 });
    for (let i = 0; i < 2; i++) await outputOf(model, smallBatch(), true);
    return model;
  };

  const expectSame = async (loaded: tfl.LayersModel, model: tfl.LayersModel) => {
    expect(names(loaded)).toEqual(names(model));
    expect(await toTorchStateDict(namedParameters(loaded))).toEqual(
      await toTorchStateDict(namedParameters(model)),
    );
    for (const training of [false, true]) {
      expect(await outputOf(loaded, smallBatch(), training)).toEqual(
        await outputOf(model, smallBatch(), training),
      );
    }
  };

  it.each(upmodeCases)('gives the same outputs bit for bit, upmode $upmode', async ({ upmode }) => {
    const model = await trained({ upmode, useSkipAtt: upmode !== 'DUC' });
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
      }),
    );
    registerLayers();
    // The topology as a file holds it.
    const file = JSON.parse(
      JSON.stringify(artifacts!.modelTopology),
    ) as tf.io.ModelArtifacts['modelTopology'];
    await expectSame(
      await tfl.loadLayersModel(tf.io.fromMemory({ ...artifacts!, modelTopology: file! })),
      model,
    );
  });

  it('goes through files, dropout included', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'model-'));
    try {
      const model = unetAttD({
        ...smallConfig,
        dropoutRate: 0.5,
        dropoutType: 'spatial',
        skipDropRate: 0.3,
        seed: 6,
      });
      await model.save(nodeFileHandler(folder));
      await expectSame(await tfl.loadLayersModel(nodeFileHandler(folder)), model);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('as a tf.LayersModel', () => {
  it('prints a summary with the number of parameters', () => {
    const model = unetAttD(smallConfig);
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    model.summary(undefined, undefined, (line: string) => lines.push(line));
    log.mockRestore();
    const trainable = namedParameters(model).filter(({ spec }) => spec.trainable);
    const count = trainable.reduce((sum, { variable }) => sum + variable.size, 0);
    const text = lines.join('\n');
    expect(text).toContain('encoder_1');
    expect(text).toContain('Att5');
    expect(text).toMatch(new RegExp(`Trainable params: ${count}\\b`));
  });

  it.each(['AdamW', 'adam'])('fit lowers the loss with %s', async (name) => {
    const model = unetAttD({ ...smallConfig, seed: 7 });
    const optimizer = name === 'AdamW' ? new AdamW({ learningRate: 5e-3 }) : tf.train.adam(5e-3);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const { x, t } = smallBatch(8);
    const before = await toTorchStateDict(namedParameters(model));
    const { history } = await model.fit([x, tf.reshape(t, [8, 1])], normals([8, 32, 32, 2], 3), {
      epochs: 2,
      batchSize: 4,
      shuffle: false,
      verbose: 0,
    });
    const [first, second] = history.loss as number[];
    expect(second).toBeLessThan(first);
    const after = await toTorchStateDict(namedParameters(model));
    expect(after.get('output_conv.weight')).not.toEqual(before.get('output_conv.weight'));
    // Two epochs of two batches: every training forward is tracked.
    expect(after.get('encoder_1.block.1.num_batches_tracked')!.data).toEqual(BigInt64Array.of(4n));
  });

  it('predict gives what apply gives, with t of rank 1 or 2', async () => {
    const model = unetAttD({ ...smallConfig, seed: 8 });
    const { x, t } = smallBatch();
    const expected = await outputOf(model, { x, t });
    expect(await outputOf(model, { x, t: tf.reshape(t, [4, 1]) })).toEqual(expected);
    for (const timesteps of [t, tf.reshape(t, [4, 1])]) {
      expect(await (model.predict([x, timesteps]) as tf.Tensor).data()).toEqual(expected);
    }
  });

  it('gives each sample what it gives it alone, in evaluation mode', async () => {
    const model = unetAttD({ ...smallConfig, seed: 9 });
    const { x, t } = smallBatch();
    const expected = await outputOf(model, { x, t });
    const alone = await outputOf(model, { x: tf.slice(x, [2], [1]), t: tf.slice(t, [2], [1]) });
    const size = alone.length;
    const worst = Math.max(...alone.map((value, i) => Math.abs(value - expected[2 * size + i])));
    expect(worst).toBeLessThan(1e-5);
  });

  it('depends on t', async () => {
    const model = unetAttD({ ...smallConfig, seed: 9 });
    const { x, t } = smallBatch();
    const other = tf.add(t, tf.scalar(1, 'int32'));
    expect(await outputOf(model, { x, t: other })).not.toEqual(await outputOf(model, { x, t }));
  });

  it('leaves one tensor a call, and nothing once disposed', async () => {
    const batch = smallBatch();
    await expectTensorsKept(0, async () => {
      const model = unetAttD(smallConfig);
      for (const training of [true, false]) {
        const output = await expectTensorsKept(
          1,
          () => model.apply([batch.x, batch.t], { training }) as tf.Tensor,
        );
        output.dispose();
      }
      const count = namedParameters(model).length;
      expect(model.dispose().numDisposedVariables).toBe(count);
    });
  });
});

describe('refuses', () => {
  interface Fixture {
    errors: { what: string; raises: string }[];
  }
  const calls: Record<string, [() => unknown, RegExp]> = {
    'spatial size 48x48 (not a multiple of 32)': [
      () => unetAttD(smallConfig).apply([tf.zeros([2, 48, 48, 2]), tf.tensor1d([1, 2], 'int32')]),
      /^encoder_1: the input shape is \[2, 48, 48, 2\]; .*multiples of 32/,
    ],
    'train mode, batch 1, 32x32': [
      () =>
        unetAttD(smallConfig).apply([tf.zeros([1, 32, 32, 2]), tf.tensor1d([1], 'int32')], {
          training: true,
        }),
      /^batchNormTraining: the input shape is \[1, 1, 1, 8\]; .*more than one value a channel/,
    ],
    'unknown upmode': [
      () => unetAttD({ upmode: 'bilinear' as 'fixed' }),
      /^unetAttD: upmode is 'bilinear'; it must be one of 'fixed', 'deconv_1', 'deconv_2', 'DUC'/,
    ],
    'filter_config/block_num length other than 6': [
      () => unetAttD({ filterConfig: [4, 4, 4, 4, 4] }),
      /^unetAttD: filterConfig is \[4, 4, 4, 4, 4\]; it must be a list of six/,
    ],
    'unknown dropout_type even with rate 0': [
      () => unetAttD({ dropoutRate: 0, dropoutType: 'channel' as 'spatial' }),
      /^unetAttD: dropoutType is 'channel'; it must be one of 'traditional', 'spatial'/,
    ],
  };

  const { errors } = readFixture<Fixture>('unet/cases.json');
  for (const { what } of errors) {
    const call = calls[what];
    if (call) it(what, () => expect(call[0]).toThrow(call[1]));
    else it.todo(what);
  }

  it.each<[UnetAttDConfig, RegExp]>([
    [{ blockNum: [2, 2, 2, 2, 2, 2, 2] }, /blockNum is \[2, .*six/],
    [{ blockNum: [2, 2, 0, 2, 2, 2] }, /blockNum is \[.*positive/],
    [{ filterConfig: [4, 4, 4, 4, 4, 4.5] }, /filterConfig is \[.*integers/],
    [{ filterConfig: [1, 4, 4, 4, 4, 4] }, /filterConfig\[0\] is 1; .*at least 2/],
    [{ inChannels: 0 }, /inChannels is 0; it must be an integer of at least 1/],
    [{ dropoutRate: 1 }, /dropoutRate is 1; /],
    [{ dropoutRate: Number.NaN }, /dropoutRate is NaN; /],
    [{ timeEmbeddingDim: 0 }, /timeEmbeddingDim is 0; /],
    [{ seed: -1 }, /seed is -1; /],
    [{ patchSize: 3 as 2 }, /patchSize is 3; it must be 1 or 2/],
    [{ patchSize: 2, size: [96, 64] }, /size is \[96, 64\]; .*multiples of 64/],
    [{ size: [48, 64] }, /size is \[48, 64\]; .*multiples of 32/],
  ])('%j', (config, message) => {
    expect(() => unetAttD(config)).toThrow(message);
    expect(() => unetAttD(config)).toThrow(/^unetAttD: /);
  });

  it('images of another number of bands', () => {
    const model = unetAttD(smallConfig);
    expect(() => model.apply([tf.zeros([2, 32, 32, 3]), tf.tensor1d([1, 2], 'int32')])).toThrow(
      /\[2, ?32, ?32, ?3\]|channels|axis/,
    );
  });
});

describe('patchSize 2', () => {
  it('is the network between torch.nn.PixelUnshuffle(2) and torch.nn.PixelShuffle(2)', async () => {
    const patched = unetAttD({ ...smallConfig, patchSize: 2, seed: 11 });
    const inner = unetAttD({ ...smallConfig, inChannels: 8, seed: 12 });
    loadTorchStateDict(namedParameters(inner), await toTorchStateDict(namedParameters(patched)));
    const [x, t] = [normals([3, 64, 128, 2], 1), tf.tensor1d([0, 500, 999], 'int32')];
    for (const training of [false, true]) {
      const expected = pixelShuffle(
        inner.apply([pixelUnshuffle(x), t], { training }) as tf.Tensor4D,
      ).dataSync();
      expect(await outputOf(patched, { x, t }, training)).toEqual(expected);
    }
  });

  it('names itself when loaded from JSON and given another size', async () => {
    const model = unetAttD({ ...smallConfig, patchSize: 2, seed: 13 });
    const loaded = await tfl.models.modelFromJSON(model.toJSON(null, false) as never);
    expect(() => loaded.apply([tf.zeros([2, 96, 64, 2]), tf.tensor1d([1, 2], 'int32')])).toThrow(
      /^patches: the input shape is \[2, 96, 64, 2\]; .*multiples of 64/,
    );
    expect(loaded.outputs[0].shape).toEqual([null, null, null, 2]);
  });
});

describe('upmode fixed', () => {
  const difference = async (first: number[], second: number[]) => {
    const model = unetAttD({ ...smallConfig, upmode: 'fixed', seed: 10 });
    const { x } = smallBatch();
    const [a, b] = [
      await outputOf(model, { x, t: tf.tensor1d(first, 'int32') }, true),
      await outputOf(model, { x, t: tf.tensor1d(second, 'int32') }, true),
    ];
    return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  };

  it('cancels the timestep in training when a batch has only one', async () => {
    expect(await difference([5, 5, 5, 5], [900, 900, 900, 900])).toBeLessThan(1e-3);
  });

  it('does not cancel it when they differ', async () => {
    expect(await difference([5, 5, 5, 5], [5, 900, 5, 300])).toBeGreaterThan(1e-2);
  });
});

describe('initial weights', () => {
  const values = async (seed?: number) =>
    toTorchStateDict(
      namedParameters(unetAttD({ ...smallConfig, filterConfig: [16, 8, 16, 8, 16, 32], seed })),
    );

  it('are those of torch: uniform within 1/√fan-in, batch norm at one and zero', async () => {
    const state = await values(1);
    let uniform = 0;
    for (const [name, { shape, data }] of state) {
      const numbers = Array.from(data as Float32Array, Number);
      const [layer, last] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
      if (state.has(`${layer}.running_mean`)) {
        const value = last === 'weight' || last === 'running_var' ? 1 : 0;
        expect(new Set(numbers), name).toEqual(new Set([value]));
        continue;
      }
      // torch takes the fan-in of every layer from axis 1 and the spatial axes of its weight.
      const [, inputs, ...spatial] = state.get(`${layer}.weight`)!.shape;
      const bound = 1 / Math.sqrt(inputs * spatial.reduce((product, side) => product * side, 1));
      expect(Math.max(...numbers.map(Math.abs)), name).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(new Set(numbers).size, name).toBeGreaterThan(numbers.length / 2);
      const n = numbers.length;
      if (n < 64) continue;
      uniform++;
      const counts = new Array<number>(8).fill(0);
      for (const value of numbers) counts[Math.min(7, Math.floor((value / bound + 1) * 4))]++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - n / 8) ** 2 / (n / 8), 0);
      // Seven degrees of freedom: beyond 30 lies one in ten thousand.
      expect(chiSquare, `${name} [${shape}]`).toBeLessThan(30);
    }
    expect(uniform).toBeGreaterThan(20);
  });

  it('follow the seed', async () => {
    const [first, again, other, unseeded] = [
      await values(1),
      await values(1),
      await values(2),
      await values(),
    ];
    expect(again).toEqual(first);
    expect(await values(0)).toEqual(unseeded);
    for (const [name, { data }] of first) {
      const random = new Set(Array.from(data as Float32Array, Number)).size > 1;
      if (random) expect(other.get(name)!.data, name).not.toEqual(data);
    }
  });

  it('differ between parameters of one shape', async () => {
    const seen = new Map<string, string>();
    for (const [name, { data }] of await values(1)) {
      const numbers = Array.from(data as Float32Array, Number);
      if (new Set(numbers).size === 1) continue;
      const text = numbers
        .slice(0, 4)
        .map((value) => value / Math.abs(numbers[0]))
        .join();
      expect(seen.get(text), name).toBeUndefined();
      seen.set(text, name);
    }
    expect(seen.size).toBeGreaterThan(20);
  });
});

describe('namedParameters', () => {
  it('gives two models of one process the same names, and variables of their own', async () => {
    const [first, second] = [
      unetAttD({ ...smallConfig, seed: 1 }),
      unetAttD({ ...smallConfig, seed: 2 }),
    ].map(namedParameters) as [NamedParameter[], NamedParameter[]];
    expect(second.map(({ name }) => name)).toEqual(first.map(({ name }) => name));
    expect(new Set(first.map(({ name }) => name)).size).toBe(first.length);
    expect(new Set([...first, ...second].map(({ variable }) => variable)).size).toBe(2 * first.length);
    loadTorchStateDict(second, await toTorchStateDict(first));
    expect(await toTorchStateDict(second)).toEqual(await toTorchStateDict(first));
  });
});
