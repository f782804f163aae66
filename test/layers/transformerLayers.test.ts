import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { PatchEmbed } from '../../src/layers/PatchEmbed.js';
import { sinePositions } from '../../src/layers/sinePositions.js';
import { TokenSequence } from '../../src/layers/TokenSequence.js';
import { TokensToImage } from '../../src/layers/TokensToImage.js';
import { VitBlock } from '../../src/layers/VitBlock.js';
import { dit } from '../../src/models/dit.js';
import { ditTransformer2d } from '../../src/models/ditTransformer2d.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { uVit } from '../../src/models/uVit.js';
import { vit } from '../../src/models/vit.js';
import { guideDenoiser } from '../../src/samplers/guideDenoiser.js';
import { sampleDdim } from '../../src/samplers/sampleDdim.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const draw = (shape: number[], seed = 1) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const shared = { patchSize: 4, depth: 2, numHeads: 2, seed: 4 };
const models: Record<string, { make(): tfl.LayersModel; inputs(): tf.Tensor[] }> = {
  vit: {
    make: () =>
      vit({
        ...shared,
        imgSize: 16,
        inChans: 3,
        embedDim: 8,
        numClasses: 5,
        regTokens: 1,
        globalPool: 'avg',
      }),
    inputs: () => [draw([2, 8, 16, 3])],
  },
  uVit: {
    make: () =>
      uVit({ ...shared, imgSize: 16, inChans: 3, embedDim: 8, numClasses: 5, clipDim: 6, numClipToken: 3 }),
    inputs: () => [
      draw([2, 8, 16, 3]),
      tf.tensor2d([[5], [900]]),
      tf.tensor2d([[1], [4]], [2, 1], 'int32'),
      draw([2, 3, 6], 2),
    ],
  },
  dit: {
    make: () => dit({ ...shared, inputSize: 16, inChannels: 3, hiddenSize: 8, numClasses: null }),
    inputs: () => [draw([2, 8, 16, 3]), tf.tensor2d([[5], [900]])],
  },
  ditTransformer2d: {
    make: () =>
      ditTransformer2d({
        ...{ sampleSize: 16, patchSize: 4, inChannels: 3, numLayers: 1, numAttentionHeads: 2 },
        ...{ attentionHeadDim: 4, numEmbedsAdaNorm: 3, normElementwiseAffine: true, activationFn: 'gelu' },
      }),
    inputs: () => [draw([2, 8, 16, 3]), tf.tensor2d([[5], [900]]), tf.tensor2d([[1], [3]], [2, 1], 'int32')],
  },
};

/** Fills a model with numbers of which none is 0, such as gates that are closed at first. */
function opened(model: tfl.LayersModel): tfl.LayersModel {
  for (const [i, { variable }] of namedParameters(model).entries()) {
    variable.assign(tf.mul(draw(variable.shape, 10 + i), 0.5));
  }
  return model;
}

describe.each(Object.entries(models))('%s', (_, { make, inputs }) => {
  it('is what tf.layers saves and loads, of any size', async () => {
    const model = opened(make());
    const saved: { artifacts?: tf.io.ModelArtifacts } = {};
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved.artifacts = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved.artifacts!));
    const given = inputs();
    const [a, b] = [model, loaded].map((one) => one.apply(given) as tf.Tensor);
    expect(await b.data()).toEqual(await a.data());
    expect(Number.isFinite((await tf.sum(a).data())[0])).toBe(true);
    const names = (one: tfl.LayersModel) => namedParameters(one).map(({ name }) => name);
    expect(names(loaded)).toEqual(names(model));
  });

  it('says the shapes that it computes, and leaves no tensor behind', async () => {
    const model = make();
    const given = inputs();
    const { outputs } = model;
    const y = await expectTensorsKept(1, () => model.apply(given) as tf.Tensor);
    expect(y.shape.map((side, i) => outputs[0].shape[i] ?? side)).toEqual(y.shape);
  });

  it('predicts the same ready for many calls', async () => {
    const model = opened(make());
    const { predict, dispose } = inferenceModel(model);
    const given = inputs();
    const [a, b] = [model.apply(given) as tf.Tensor, predict(...given)];
    expectClose(await b.data(), await a.data(), { abs: 1e-5, rel: 1e-5 });
    dispose();
  });
});

describe('denoisers', () => {
  it('of uVit and dit sample, with guidance by classes', async () => {
    for (const model of [
      uVit({ ...shared, imgSize: 16, inChans: 3, embedDim: 8, numClasses: 3 }),
      dit({ ...shared, inputSize: 16, inChannels: 3, hiddenSize: 8, numClasses: 2, learnSigma: false }),
    ]) {
      const denoiser = layersDenoiser(opened(model));
      const classes = (of: number) => ({ classLabels: tf.fill([2, 1], of, 'int32') });
      const alphaBars = Float64Array.from({ length: 20 }, (_, i) => 1 - (i + 1) / 21);
      const options = {
        shape: [2, 16, 16, 3] as [number, number, number, number],
        steps: 3,
        clip: [-1, 1] as const,
      };
      const guided = guideDenoiser(denoiser, { scale: 3, condition: classes(0), unconditional: classes(2) });
      const samples = await Promise.all([
        sampleDdim(denoiser, alphaBars, { ...options, condition: classes(0) }),
        sampleDdim(guided, alphaBars, options),
      ]);
      const [plain, far] = await Promise.all(samples.map((sample) => sample.data()));
      expect([...plain, ...far].every(Number.isFinite)).toBe(true);
      expect(far).not.toEqual(plain);
    }
  });

  it('plan the activations that they give', () => {
    const denoiser = layersDenoiser(uVit({ ...shared, imgSize: 16, inChans: 3, embedDim: 8 }));
    const call = [draw([2, 8, 16, 3]), tf.tensor1d([5, 9]), undefined] as const;
    const names = denoiser.layerNames;
    expect(names).toContain('mid_block');
    const values = denoiser.activations(call[0], call[1], call[2], names);
    const { shapes } = denoiser.planActivations([2, 8, 16, 3], names);
    expect(values.map(({ shape }) => shape)).toEqual(shapes);
  });
});

describe('layers of tokens', () => {
  it('TokensToImage takes apart what PatchEmbed puts together', async () => {
    const x = draw([1, 4, 6, 3]);
    const embed = new PatchEmbed({ name: 'patches', inChannels: 3, channels: 12, patchSize: 2 });
    const patches = embed.apply(x) as tf.Tensor4D;
    embed.variable('proj.weight').assign(tf.reshape(tf.eye(12), [2, 2, 3, 12]));
    embed.variable('proj.bias').assign(tf.zeros([12]));
    const values = tf.reshape(embed.apply(x) as tf.Tensor, [1, 6, 12]);
    const image = new TokensToImage({ name: 'image', patchSize: 2, channels: 3 }).apply([values, patches]);
    expectClose(await (image as tf.Tensor).data(), await x.data(), { abs: 1e-6 });
    expect(() => embed.apply(draw([1, 5, 6, 3]))).toThrow(
      /patches: the input shape is \[1, 5, 6, 3\]; .* of 2/,
    );
  });

  it('sinePositions of another grid are spread over the same range', () => {
    const [small, large] = [sinePositions([2, 2], 8, [2, 2]), sinePositions([4, 4], 8, [2, 2])];
    // The third place of four is the second of two.
    expect([...large.subarray(8 * 10, 8 * 11)]).toEqual([...small.subarray(8 * 3, 8 * 4)]);
  });

  it('TokenSequence repeats its own tokens, and puts given ones behind them', async () => {
    const config = {
      name: 'tokens',
      channels: 2,
      grid: [1, 1],
      classToken: true,
      registers: 2,
      given: 1,
    } as const;
    const layer = new TokenSequence(config);
    layer.apply([draw([2, 1, 1, 2]), draw([2, 2])]);
    for (const name of ['cls_token', 'reg_token', 'pos_embed']) {
      const variable = layer.variable(name);
      variable.assign(
        name === 'pos_embed' ? tf.zerosLike(variable) : tf.fill(variable.shape, name === 'cls_token' ? 1 : 2),
      );
    }
    const y = layer.apply([tf.fill([2, 1, 1, 2], 4), tf.fill([2, 2], 3)]) as tf.Tensor;
    expect(y.shape).toEqual([2, 5, 2]);
    expect([...(await y.data())]).toEqual([1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4]);
  });

  it('VitBlock sends samples around in training, by the step, and scales what is kept', async () => {
    const make = (dropPathRate: number) =>
      new VitBlock({ name: 'block', channels: 4, heads: 2, dropPathRate, seed: 3, layerScale: 1 });
    const [block, whole] = [make(0.5), make(0)];
    const x = draw([64, 3, 4]);
    const call = (layer: VitBlock, training: boolean) => layer.apply(x, { training }) as tf.Tensor;
    const ways = await tf.sub(call(whole, true), x).data();
    expect(await tf.sub(call(block, false), x).data()).toEqual(ways);
    block.dropoutStep = 7;
    const first = await tf.sub(call(block, true), x).data();
    block.dropoutStep = 7;
    expect(await tf.sub(call(block, true), x).data()).toEqual(first);
    const still = Array.from({ length: 64 }, (_, i) =>
      first.slice(12 * i, 12 * i + 12).every((v) => v === 0),
    );
    const around = still.filter(Boolean).length;
    // Both ways, each of which half the samples miss.
    expect(around).toBeGreaterThan(4);
    expect(around).toBeLessThan(30);
  });
});
