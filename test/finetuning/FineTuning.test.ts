import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FineTuning, type FineTuningOptions } from '../../src/finetuning/FineTuning.js';
import { Conv1x1 } from '../../src/layers/Conv1x1.js';
import { ConvBlock } from '../../src/layers/ConvBlock.js';
import { PixelShuffle } from '../../src/layers/PixelShuffle.js';
import { crossEntropy } from '../../src/losses/crossEntropy.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { restoreCheckpoint } from '../../src/training/restoreCheckpoint.js';
import { normals, smallConfig } from '../models/smallModels.js';
import { expectTensorsKept, startTrainingBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTrainingBackend);
afterEach(() => {
  vi.restoreAllMocks();
});

const CLASSES = 3;

/** A block with dropout, batch norm and a last layer. */
const head: FineTuningOptions['head'] = ([features]) => {
  const inChannels = features.shape[3] as number;
  const block = {
    name: 'head_block',
    inChannels,
    outChannels: 8,
    convolutions: 2,
    dropoutRate: 0.2,
    dropoutIndex: 20,
  };
  const y = new ConvBlock(block).apply(features) as tfl.SymbolicTensor;
  return new Conv1x1({ name: 'head', inChannels: 8, outChannels: CLASSES }).apply(y) as tfl.SymbolicTensor;
};

const tuningOf = (options: Partial<FineTuningOptions> = {}) =>
  new FineTuning(unetAttD({ ...smallConfig, dropoutRate: 0.1 }), {
    head,
    optimizer: () => new AdamW({ learningRate: 1e-2 }),
    ...options,
  });

/** Images of blocks, whose classes follow from the signs of both bands. */
function batchOf(step: number) {
  const x = tf.tidy(() => tf.image.resizeNearestNeighbor(normals([2, 4, 4, 2], 100 + step), [32, 32]));
  const labels = tf.tidy(() =>
    tf.cast(tf.sum(tf.cast(tf.greater(x, 0), 'int32'), 3), 'int32'),
  ) as tf.Tensor3D;
  return { x, labels };
}

async function run(tuning: FineTuning, steps: readonly number[]): Promise<number[]> {
  const losses: number[] = [];
  for (const step of steps) {
    const batch = batchOf(step);
    losses.push((await tuning.step([batch], { step, loss: crossEntropy })).loss);
    tf.dispose(batch);
  }
  return losses;
}

const valuesOf = async (tuning: FineTuning) =>
  new Map(
    await Promise.all(
      tuning.parameters.map(async ({ name, variable }) => [name, Array.from(await variable.data())] as const),
    ),
  );

/** Names of what has changed. */
function changed(before: Map<string, number[]>, after: Map<string, number[]>): string[] {
  return [...before].flatMap(([name, values]) => (values.join() === after.get(name)!.join() ? [] : [name]));
}

const isStatistic = (name: string) => /running_|num_batches/.test(name);

describe('FineTuning', () => {
  it('learns labels, with all parameters, and leaves no tensor behind', async () => {
    const tuning = tuningOf();
    const before = await valuesOf(tuning);
    await run(tuning, [0]);
    const losses = await expectTensorsKept(0, () =>
      run(
        tuning,
        Array.from({ length: 40 }, (_, i) => 1 + i),
      ),
    );
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(0.85);
    const all = changed(before, await valuesOf(tuning));
    const trainable = tuning.parameters.filter(({ spec }) => spec.trainable).map(({ name }) => name);
    // Biases before a batch normalisation have a gradient of rounding alone, yet weight decay.
    expect(trainable.filter((name) => !all.includes(name))).toEqual([]);
    expect(all.filter(isStatistic).every((name) => name.startsWith('head_block'))).toBe(true);
    const { x } = batchOf(3);
    const logits = await expectTensorsKept(1, () => tuning.predict(x));
    expect(logits.shape).toEqual([2, 32, 32, CLASSES]);
  });

  it('predicts the same made ready, and gives back what that took', async () => {
    const tuning = tuningOf({});
    await run(tuning, [0, 1]);
    const { x } = batchOf(3);
    const expected = await tuning.predict(x).data();
    await expectTensorsKept(0, async () => {
      const ready = tuning.prepare();
      const logits = ready.predict(x);
      expectClose(await logits.data(), expected, { abs: 1e-5, rel: 1e-4 });
      logits.dispose();
      ready.dispose();
    });
  });

  it('trains the head alone over a frozen network, at no gradient of it', async () => {
    const tuning = tuningOf({ frozen: true });
    const before = await valuesOf(tuning);
    const spy = vi.spyOn(tf.engine(), 'runKernel');
    await run(tuning, [0]);
    const counts = new Map<string, number>();
    for (const [name] of spy.mock.calls) counts.set(name, (counts.get(name) ?? 0) + 1);
    // Three convolutions of the head, of which the first passes no gradient on.
    expect(counts.get('DiffusionSslConv2DBackpropFilter')).toBe(3);
    expect(counts.get('DiffusionSslConv2DBackpropInput')).toBe(2);
    for (const name of ['DiffusionSslConv2DTransposeBackpropFilter', 'DiffusionSslMaxPoolGradient'])
      expect(counts.get(name)).toBeUndefined();
    expect(changed(before, await valuesOf(tuning)).every((name) => name.startsWith('head'))).toBe(true);
    expect(tuning.trainedAt(0).map(({ name }) => name)).toContain('head_block.block.0.weight');
  });

  it('makes what stays ready once, sees weights that are loaded since, and gives it all back', async () => {
    const options = { optimizer: () => new SGD({ learningRate: 0.1 }) };
    const [whole, frozen, headFirst] = [
      tuningOf(options),
      tuningOf({ ...options, frozen: true }),
      tuningOf({ ...options, headFirst: 2 }),
    ];
    const losses = (tuning: FineTuning, step: number) => run(tuning, [step]);
    await losses(tuningOf(options), 0);
    const [first] = await losses(whole, 0);
    const kept = tf.memory().numTensors;
    expect((await losses(frozen, 0))[0]).toBeCloseTo(first, 4);
    await expectTensorsKept(0, () => losses(frozen, 1));
    // The weights that the other has learned since.
    const learned = new Map(whole.parameters.map(({ name, variable }) => [name, variable]));
    for (const { name, variable } of frozen.parameters) variable.assign(learned.get(name) as tf.Tensor);
    const [second] = await losses(whole, 2);
    expect(second).not.toBeCloseTo(first, 3);
    expect((await losses(frozen, 2))[0]).toBeCloseTo(second, 4);
    expect(tf.memory().numTensors).toBeGreaterThan(kept);
    frozen.dispose();
    const [before] = [tf.memory().numTensors];
    await run(headFirst, [0, 1]);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    // The network trains from here on.
    await run(headFirst, [2]);
    expect(tf.memory().numTensors).toBe(before);
    expect(kept - before).toBe(0);
  });

  it('has the gradients of a network that is trained whole, where a part of it is frozen', async () => {
    const frozen = (name: string) => /^encoder_[2-5]|^conv2/.test(name);
    const [whole, part] = [
      tuningOf({ optimizer: () => new SGD({ learningRate: 0.1 }) }),
      tuningOf({ optimizer: () => new SGD({ learningRate: 0.1 }), frozen }),
    ];
    await run(whole, [0]);
    await run(part, [0]);
    const before = await valuesOf(tuningOf());
    const [all, some] = [await valuesOf(whole), await valuesOf(part)];
    for (const [name, values] of some) expect(values, name).toEqual((frozen(name) ? before : all).get(name));
  });

  it('normalises by the running statistics or those of the batch', async () => {
    const running = tuningOf({ frozen: true });
    const batch = tuningOf({ frozen: true, batchNorm: 'batch' });
    const before = await valuesOf(batch);
    const [first] = await run(running, [0]);
    const [second] = await run(batch, [0]);
    expect(first).not.toBeCloseTo(second, 3);
    const statistics = [...before.keys()].filter(isStatistic);
    expect(
      changed(before, await valuesOf(batch))
        .filter(isStatistic)
        .sort(),
    ).toEqual(statistics.sort());
  });

  it('trains layers at rates of their own, and the head first', async () => {
    const rate = (name: string) => (name.startsWith('encoder') ? 0.25 : 0.5);
    const options = { optimizer: () => new SGD({ learningRate: 0.1 }) };
    const [plain, rated] = [tuningOf(options), tuningOf({ ...options, rate, headFirst: 1 })];
    const start = await valuesOf(plain);
    await run(rated, [0]);
    const afterHead = await valuesOf(rated);
    expect(changed(start, afterHead).every((name) => name.startsWith('head'))).toBe(true);
    // From the same weights, a step of each.
    for (const { name, variable } of plain.parameters) {
      const values = afterHead.get(name)!;
      variable.assign(tf.tensor(values, variable.shape, variable.dtype as 'float32'));
    }
    await run(plain, [1]);
    await run(rated, [1]);
    const [all, some] = [await valuesOf(plain), await valuesOf(rated)];
    for (const { name, spec } of plain.parameters) {
      if (!spec.trainable) continue;
      const factor = name.startsWith('head') ? 1 : rate(name);
      const from = afterHead.get(name)!;
      const moved = (values: number[]) => values.map((value, i) => value - from[i]);
      const expected = moved(all.get(name)!).map((value) => factor * value);
      expectClose(moved(some.get(name)!), expected, { abs: 1e-7, rel: 1e-4 });
    }
  });

  it('goes on bit for bit from a checkpoint', async () => {
    const options = {
      batchNorm: 'batch' as const,
      rate: 0.3,
      headFirst: 2,
      frozen: (name: string) => name.startsWith('encoder_1'),
    };
    const whole = tuningOf(options);
    const wholeEma = new ExponentialMovingAverage(whole.parameters, 0.9);
    const saved = new Map<number, Uint8Array>();
    for (let step = 0; step < 6; step++) {
      if (step === 1 || step === 4) {
        saved.set(
          step,
          await encodeCheckpoint({ ...whole, parameters: whole.parameters, ema: wholeEma }, { step }),
        );
      }
      await run(whole, [step]);
      wholeEma.update();
    }
    for (const [from, bytes] of saved) {
      const resumed = tuningOf(options);
      const { parameters, optimizer } = resumed;
      const ema = new ExponentialMovingAverage(parameters, 0.9);
      expect(await restoreCheckpoint(bytes, { parameters, optimizer, ema })).toEqual({ step: from });
      for (let step = from; step < 6; step++) {
        await run(resumed, [step]);
        ema.update();
      }
      expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
      expect(await ema.values()).toEqual(await wholeEma.values());
    }
    const other = tuningOf({ ...options, rate: 1 });
    const { parameters } = other;
    const wrong = tuningOf({ ...options, rate: (name) => (name.startsWith('conv') ? 0.1 : 0.2) });
    await expect(
      restoreCheckpoint(saved.get(4)!, { parameters, optimizer: wrong.optimizer }),
    ).rejects.toThrow(/the state is of 2 groups; this optimizer has 3/);
  });

  it('takes patches of pixels, layers by name and networks of stock layers with a condition', async () => {
    const patched = new FineTuning(unetAttD({ ...smallConfig, patchSize: 2 }), {
      optimizer: () => new AdamW(),
      head: ([features]) => {
        const inChannels = features.shape[3] as number;
        const y = new Conv1x1({ name: 'head', inChannels, outChannels: 4 * CLASSES }).apply(features);
        return new PixelShuffle({ name: 'pixels_of_head' }).apply(y) as tfl.SymbolicTensor;
      },
    });
    const x = normals([2, 64, 64, 2], 1);
    expect(patched.predict(x).shape).toEqual([2, 64, 64, CLASSES]);

    const layers = ['conv3', 'conv5'];
    const scenes = tuningOf({
      layers,
      head: (features) => {
        const pooled = features.map(
          (map) => tfl.layers.globalAveragePooling2d({}).apply(map) as tfl.SymbolicTensor,
        );
        const both = tfl.layers.concatenate().apply(pooled) as tfl.SymbolicTensor;
        return tfl.layers.dense({ units: 5, name: 'scene' }).apply(both) as tfl.SymbolicTensor;
      },
    });
    const labels = tf.tensor1d([1, 4], 'int32');
    const { loss } = await scenes.step([{ x: normals([2, 32, 32, 2], 1), labels }], {
      step: 0,
      loss: crossEntropy,
    });
    expect(loss).toBeGreaterThan(0);
    // What comes after conv5 is no part of it.
    expect(scenes.parameters.some(({ name }) => name.startsWith('output_conv'))).toBe(false);

    const input = tfl.input({ shape: [8, 8, 2], name: 'x' });
    const t = tfl.input({ shape: [1], name: 't' });
    const season = tfl.input({ shape: [2], name: 'season' });
    const told = tfl.layers
      .dense({ units: 4 })
      .apply(tfl.layers.concatenate().apply([t, season]) as tfl.SymbolicTensor);
    const map = tfl.layers.reshape({ targetShape: [1, 1, 4] }).apply(told) as tfl.SymbolicTensor;
    const y = tfl.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'stem' }).apply(input);
    const sum = tfl.layers.add().apply([y as tfl.SymbolicTensor, map]) as tfl.SymbolicTensor;
    const out = tfl.layers
      .conv2d({ filters: 2, kernelSize: 1, name: 'out' })
      .apply(sum) as tfl.SymbolicTensor;
    const network = tfl.model({ inputs: [input, t, season], outputs: out });
    const tuning = new FineTuning(network, {
      optimizer: () => new AdamW(),
      timestep: 3,
      head: ([f]) =>
        tfl.layers.conv2d({ filters: CLASSES, kernelSize: 1, name: 'head' }).apply(f) as tfl.SymbolicTensor,
    });
    const batch = { x: normals([2, 8, 8, 2], 1), labels: tf.zeros([2, 8, 8], 'int32') };
    const condition = { season: tf.ones([2, 2]) };
    await tuning.step([{ ...batch, condition }], { step: 0, loss: crossEntropy });
    await expect(tuning.step([batch], { step: 1, loss: crossEntropy })).rejects.toThrow(/season/);
    expect(namedParameters(network).map(({ name }) => name)).toContain('out.kernel');
  });

  it('predicts with dropout, of a pass the same, by the running statistics', async () => {
    const tuning = tuningOf({
      head: ([features]) => {
        const dropped = tfl.layers.dropout({ rate: 0.3, seed: 1 }).apply(features);
        const inChannels = features.shape[3] as number;
        return new Conv1x1({ name: 'head', inChannels, outChannels: CLASSES }).apply(
          dropped,
        ) as tfl.SymbolicTensor;
      },
    });
    const { x } = batchOf(0);
    const before = await valuesOf(tuning);
    const plain = await tuning.predict(x).data();
    const dropped = async (pass: number) =>
      (await expectTensorsKept(1, () => tuning.predictDropping(x, pass))).data();
    const passes: Awaited<ReturnType<typeof dropped>>[] = [];
    for (let pass = 0; pass < 8; pass++) passes.push(await dropped(pass));
    expect(await dropped(1)).toEqual(passes[1]);
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
    const mean = plain.map((_, i) => passes.reduce((sum, pass) => sum + pass[i], 0) / passes.length);
    for (const pass of passes)
      expect(distance(pass, plain)).toBeGreaterThan(2 * distance(mean, plain) - 1e-9);
    expect(distance(passes[0], passes[1])).toBeGreaterThan(0.5 * distance(passes[0], plain));
    expect(distance(passes[0], plain)).toBeGreaterThan(1e-4);
    expect(changed(before, await valuesOf(tuning))).toEqual([]);
    // Without the network's dropout the head alone drops.
    const none = new FineTuning(unetAttD(smallConfig), { head, optimizer: () => new AdamW() });
    expect(await none.predictDropping(x, 0).data()).not.toEqual(await none.predict(x).data());
  });

  it('refuses what cannot be trained', () => {
    const nothing = { head: ([features]: tfl.SymbolicTensor[]) => features, frozen: true };
    expect(() => tuningOf(nothing)).toThrow(
      /FineTuning: frozen is true; it must be such that something is left/,
    );
    expect(() => tuningOf({ layers: ['conv9'] })).toThrow(/attachHead: layers names 'conv9'/);
    expect(() => tuningOf({ headFirst: -1 })).toThrow(/FineTuning: headFirst is -1/);
    expect(() => tuningOf({ batchNorm: 'none' as 'batch' })).toThrow(/FineTuning: batchNorm is 'none'/);
  });
});
