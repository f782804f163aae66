import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConditionFields } from '../../src/diffusion/Denoiser.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { ConvBlock } from '../../src/layers/ConvBlock.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { outputOf, smallBatch, smallConfig } from './smallModels.js';

beforeAll(startTestBackend);

const calm = { training: false, step: 0 };

/** A model of x [batch, 2], t, a class and two numbers, that adds up what it is told. */
function conditionalModel(): tfl.LayersModel {
  const x = tfl.input({ shape: [2], name: 'x' });
  const t = tfl.input({ shape: [1], name: 't' });
  const season = tfl.input({ shape: [1], name: 'season' });
  const place = tfl.input({ shape: [2], name: 'place' });
  const classes = tfl.layers.embedding({
    inputDim: 3,
    outputDim: 2,
    weights: [
      tf.tensor2d([
        [10, 20],
        [30, 40],
        [50, 60],
      ]),
    ],
  });
  const embedded = tfl.layers.flatten().apply(classes.apply(season));
  const time = tfl.layers.repeatVector({ n: 2 }).apply(t);
  const parts = [x, place, embedded, tfl.layers.flatten().apply(time)] as tfl.SymbolicTensor[];
  const outputs = tfl.layers.add().apply(parts) as tfl.SymbolicTensor;
  return tfl.model({ inputs: [x, t, season, place], outputs });
}

const input = () => ({
  xT: tf.tensor2d([
    [1, 2],
    [3, 4],
  ]),
  t: tf.tensor1d([0.5, 7.25]),
});
const fields = () => ({ place: tf.fill([2, 2], 100), season: tf.tensor1d([2, 0], 'int32') });
const EXPECTED = [151.5, 162.5, 120.25, 131.25];

describe.each([
  ['layersDenoiser', layersDenoiser],
  ['inferenceModel', (model: tfl.LayersModel) => inferenceModel(model).denoiser],
])('%s', (name, make) => {
  it('hands x, t and the fields of the condition to the inputs, whatever their order', async () => {
    const denoiser = make(conditionalModel());
    const { xT, t } = input();
    const prediction = await expectTensorsKept(3, () => denoiser(xT, t, fields(), calm));
    expect(Array.from(await prediction.data())).toEqual(EXPECTED);
    const columns = { ...fields(), season: tf.tensor2d([[2], [0]]) };
    expect(Array.from(await denoiser(xT, t, columns, calm).data())).toEqual(EXPECTED);
  });

  it.each<[string, () => ConditionFields | undefined, RegExp]>([
    ['no condition', () => undefined, /has nothing; the model's inputs beside x and t are season, place\.$/],
    [
      'a tensor alone',
      () => fields().season as unknown as ConditionFields,
      /condition is int32 tensor \[2\]; it must be an object of tensors: \{ season, place \}/,
    ],
    ['a field too few', () => ({ season: fields().season }), /has season; .* are season, place/],
    ['a field too many', () => ({ ...fields(), gsd: tf.zeros([2]) }), /has place, season, gsd; /],
    ['another name', () => ({ place: fields().place, saison: fields().season }), /has place, saison; /],
    [
      'another batch',
      () => ({ ...fields(), season: tf.zeros([3]) }),
      /condition\.season is float32 tensor \[3\]; .* \[2, 1\]/,
    ],
    [
      'another shape',
      () => ({ ...fields(), place: tf.zeros([2, 3]) }),
      /condition\.place is .*; .* a tensor \[2, 2\] of float32/,
    ],
    ['another dtype', () => ({ ...fields(), place: tf.zeros([2, 2], 'bool') }), /condition\.place is bool/],
    ['no tensor', () => ({ ...fields(), season: 1 as unknown as tf.Tensor }), /condition\.season is 1; /],
  ])('says what is wrong with %s', (_, condition, message) => {
    const { xT, t } = input();
    const predict = () => make(conditionalModel())(xT, t, condition(), calm);
    expect(predict).toThrow(ConfigError);
    expect(predict).toThrow(message);
    expect(predict).toThrow(new RegExp(`^${name}: `));
  });

  it('refuses a condition that the model does not take, and a model without t', () => {
    const { x, t } = smallBatch();
    const denoiser = make(unetAttD(smallConfig));
    const times = tf.reshape(t, [-1]) as tf.Tensor1D;
    expect(() => denoiser(x, times, { season: times }, calm)).toThrow(/has season; .* are nothing/);
    const alone = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2] })] });
    expect(() => make(alone)(x, times, undefined, calm)).toThrow(/the model has one input/);
  });

  it('tells unetAttD of a timestep between two', async () => {
    const denoiser = make(unetAttD(smallConfig));
    const { x } = smallBatch();
    const at = async (t: number) => {
      const dtype = Number.isInteger(t) ? 'int32' : 'float32';
      return denoiser(x, tf.fill([4], t, dtype) as tf.Tensor1D, undefined, calm).data();
    };
    expect(await at(5.5)).not.toEqual(await at(5));
    expect(await at(5.5)).not.toEqual(await at(6));
    expect(await at(5)).toEqual(await at(5));
  });

  it('refuses a timestep between two where the model cuts it', () => {
    const inputs = [tfl.input({ shape: [2] }), tfl.input({ shape: [1], dtype: 'int32' })];
    const cutting = tfl.model({ inputs, outputs: inputs[0] });
    const { xT, t } = input();
    expect(() => make(cutting)(xT, t, undefined, calm)).toThrow(
      /t is float32 tensor \[2\]; it must be int32, as the model declares it; declare it float32/,
    );
  });
});

it('predicts only, once it is an inferenceModel', () => {
  const { xT, t } = input();
  const { denoiser } = inferenceModel(conditionalModel());
  expect(() => denoiser(xT, t, fields(), { training: true, step: 0 })).toThrow(
    /^inferenceModel: .* train layersDenoiser\(model\)/,
  );
});

describe('in training', () => {
  const draws = async (model: tfl.LayersModel, shape: number[], step: number, training = true) => {
    const t = tf.fill([shape[0]], 5, 'int32') as tf.Tensor1D;
    const prediction = layersDenoiser(model)(tf.ones(shape), t, undefined, { training, step });
    return Array.from(await prediction.data());
  };
  /** A model of `[x, t]` through layers, nested in another one. */
  const nested = (...layers: tfl.layers.Layer[]) => {
    const inner = tfl.sequential({ layers });
    const [, ...shape] = inner.inputs[0].shape;
    const inputs = [tfl.input({ shape }), tfl.input({ shape: [1] })];
    return tfl.model({ inputs, outputs: inner.apply(inputs[0]) as tfl.SymbolicTensor });
  };
  const stock = (seed?: number) =>
    nested(
      tfl.layers.dropout({ rate: 0.5, seed, inputShape: [64] }),
      tfl.layers.activation({ activation: 'linear' }),
      tfl.layers.dropout({ rate: 0.5, seed }),
    );

  it('draws the masks of the step, within nested models too', async () => {
    const inputLayer = tfl.layers.inputLayer({ inputShape: [8, 8, 2] });
    const config = { name: 'block', inChannels: 2, outChannels: 2, convolutions: 2, dropoutRate: 0.5 };
    const model = nested(inputLayer, new ConvBlock(config));
    const first = await draws(model, [2, 8, 8, 2], 7);
    expect(await draws(model, [2, 8, 8, 2], 8)).not.toEqual(first);
    expect(await draws(model, [2, 8, 8, 2], 7)).toEqual(first);
  });

  it.each([undefined, 3])('draws the masks of the step from stock dropout, seed %s', async (seed) => {
    const model = stock(seed);
    const config = JSON.stringify(model.toJSON());
    const first = await draws(model, [1, 64], 7);
    // Two independent masks leave about a quarter, times four.
    const kept = first.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([4]));
    expect(Math.abs(kept.length - 16)).toBeLessThan(14);
    expect(await draws(model, [1, 64], 8)).not.toEqual(first);
    expect(await draws(model, [1, 64], 7)).toEqual(first);
    expect(await draws(stock(seed), [1, 64], 7)).toEqual(first);
    expect(await draws(stock(4), [1, 64], 7)).not.toEqual(first);
    expect(await draws(model, [1, 64], 7, false)).toEqual(new Array(64).fill(1));
    expect(JSON.stringify(model.toJSON())).toBe(config);
  });

  it('refuses stock layers whose numbers it cannot draw again, by name; outside training they do nothing', async () => {
    const noisy = nested(tfl.layers.gaussianNoise({ stddev: 1, name: 'blur', inputShape: [4] }));
    await expect(draws(noisy, [1, 4], 0)).rejects.toThrow(
      /^layersDenoiser: layer 'blur' \(GaussianNoise\) draws random numbers that cannot be drawn again/,
    );
    expect(await draws(noisy, [1, 4], 0, false)).toEqual([1, 1, 1, 1]);
    const recurrent = nested(
      tfl.layers.simpleRNN({
        units: 2,
        dropout: 0.5,
        recurrentInitializer: 'glorotUniform',
        inputShape: [3, 2],
      }),
    );
    await expect(draws(recurrent, [1, 3, 2], 0)).rejects.toThrow(/draws random numbers/);
  });

  it('computes what the model does', async () => {
    const model = unetAttD(smallConfig);
    const { x, t } = smallBatch();
    const denoiser = layersDenoiser(model);
    const times = tf.reshape(t, [-1]) as tf.Tensor1D;
    const predicted = await denoiser(x, times, undefined, { training: true, step: 0 }).data();
    expect(predicted).toEqual(await outputOf(model, smallBatch(), true));
    expect(await denoiser(x, times, undefined, calm).data()).toEqual(await outputOf(model, smallBatch()));
  });
});
