import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { adaptableWeights } from '../../src/adapters/adaptableWeights.js';
import { addLora } from '../../src/adapters/addLora.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { autoencoderKl } from '../../src/models/autoencoderKl.js';
import { clipText } from '../../src/models/clipText.js';
import { dit } from '../../src/models/dit.js';
import { ditTransformer2d } from '../../src/models/ditTransformer2d.js';
import { enableGradientCheckpointing } from '../../src/models/enableGradientCheckpointing.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import type { Unet2dConditionConfig } from '../../src/models/Unet2dConditionConfig.js';
import { unet2d } from '../../src/models/unet2d.js';
import { unet2dCondition } from '../../src/models/unet2dCondition.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { uVit } from '../../src/models/uVit.js';
import { vit } from '../../src/models/vit.js';
import { randomNormal } from '../../src/ops/random.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTrainingBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { weightsOf } from './loraCases.js';

beforeAll(startTrainingBackend);

const normal = (shape: number[], step = 0) =>
  randomNormal(shape as [number, number, number, number], { seed: 3, stream: 0, step });
const filterConfig = [4, 4, 8, 8, 8, 8];
const small = { blockOutChannels: [8, 16], normNumGroups: 4 };
const unetTypes = {
  downBlockTypes: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  upBlockTypes: ['UpBlock2D', 'CrossAttnUpBlock2D'],
};
const conditionConfig: Unet2dConditionConfig = {
  ...{ ...small, ...unetTypes, layersPerBlock: 1, crossAttentionDim: 6, attentionHeadDim: 2 },
  additionEmbedType: 'text_time',
  ...{ additionTimeEmbedDim: 4, projectionClassEmbeddingsInputDim: 12 },
};
const t = () => tf.tensor2d([[7], [900]]);

/** Networks of all kinds, with inputs. */
const networks: Record<string, () => { model: tfl.LayersModel; inputs: tf.Tensor | tf.Tensor[] }> = {
  'unetAttD, deconv_2': () => ({
    model: unetAttD({ filterConfig }),
    inputs: [normal([2, 32, 32, 4]), t()],
  }),
  'unetAttD, fixed': () => ({
    model: unetAttD({ filterConfig, upmode: 'fixed' }),
    inputs: [normal([2, 32, 32, 4]), t()],
  }),
  'unetAttD, DUC': () => ({
    model: unetAttD({ filterConfig, upmode: 'DUC' }),
    inputs: [normal([2, 32, 32, 4]), t()],
  }),
  unet2d: () => ({
    model: unet2d({
      ...small,
      downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
      upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
      attentionHeadDim: 4,
    }),
    inputs: [normal([2, 8, 8, 3]), t()],
  }),
  unet2dCondition: () => ({
    model: unet2dCondition(conditionConfig),
    inputs: [normal([2, 8, 8, 4]), t(), normal([2, 5, 6]), normal([2, 4]), normal([2, 2])],
  }),
  autoencoderKl: () => ({
    model: autoencoderKl(small),
    inputs: [normal([2, 16, 16, 3]), normal([2, 8, 8, 4], 1)],
  }),
  vit: () => ({
    model: vit({ imgSize: 8, patchSize: 4, embedDim: 8, depth: 2, numHeads: 2, numClasses: 3 }),
    inputs: normal([2, 8, 8, 3]),
  }),
  uVit: () => ({
    model: uVit({ imgSize: 8, patchSize: 2, embedDim: 8, depth: 3, numHeads: 2, numClasses: 5 }),
    inputs: [normal([2, 8, 8, 3]), t(), tf.tensor2d([[1], [2]], [2, 1], 'int32')],
  }),
  dit: () => ({
    model: dit({ inputSize: 8, patchSize: 2, hiddenSize: 8, depth: 2, numHeads: 2, numClasses: 5 }),
    inputs: [normal([2, 8, 8, 4]), t(), tf.tensor2d([[1], [2]], [2, 1], 'int32')],
  }),
  ditTransformer2d: () => ({
    model: ditTransformer2d({
      ...{ numAttentionHeads: 2, attentionHeadDim: 4, numLayers: 2, sampleSize: 8, numEmbedsAdaNorm: 5 },
    }),
    inputs: [normal([2, 8, 8, 4]), t(), tf.tensor2d([[1], [2]], [2, 1], 'int32')],
  }),
  clipText: () => ({
    model: clipText(
      { vocabSize: 10, hiddenSize: 8, numAttentionHeads: 2, numHiddenLayers: 2 },
      { projection: true },
    ),
    inputs: tf.tensor2d([[8, 1, 9]], [1, 3], 'int32'),
  }),
};

/** A number that all outputs of a model go into, each with a sign of its own. */
function summary(model: tfl.LayersModel, inputs: tf.Tensor | tf.Tensor[]): tf.Scalar {
  const outputs = [model.apply(inputs) as tf.Tensor | tf.Tensor[]].flat();
  return tf.addN(outputs.map((y, i) => tf.sum(tf.mul(y, normal(y.shape, 20 + i))) as tf.Scalar)) as tf.Scalar;
}

describe.each(Object.entries(networks))('%s', (_, make) => {
  it('is adapted in every linear layer and convolution', async () => {
    const { model, inputs } = make();
    const weights = adaptableWeights(model);
    const specs = namedParameters(model).filter(
      ({ name, spec }) => name.endsWith('weight') && (spec.layout === 'linear' || spec.layout === 'conv2d'),
    );
    expect(weights.map(({ name }) => `${name}.weight`)).toEqual(specs.map(({ name }) => name));
    const before = await tf.tidy(() => summary(model, inputs)).data();
    const lora = addLora(model, { r: 2, targetModules: () => true, initLoraWeights: false });
    expect(await tf.tidy(() => summary(model, inputs)).data()).not.toEqual(before);
    const { grads } = tf.variableGrads(
      () => summary(model, inputs),
      lora.parameters.map(({ variable }) => variable),
    );
    for (const { name, variable } of lora.parameters) {
      expect(grads[variable.name], name).toBeDefined();
      const norm = await tf.norm(grads[variable.name]).data();
      expect(norm[0], name).toBeGreaterThan(0);
    }
    // Merged they are what they were beside.
    const beside = await tf.tidy(() => summary(model, inputs)).data();
    lora.merge();
    expectClose(await tf.tidy(() => summary(model, inputs)).data(), beside, { abs: 5e-3, rel: 1e-3 });
    lora.remove();
    expect(await tf.tidy(() => summary(model, inputs)).data()).toEqual(before);
    model.dispose();
  });
});

/** The filter gradients that a step computes, and what it trains. */
async function countedStep(model: tfl.LayersModel, parameters: ReturnType<typeof namedParameters>) {
  const optimizer = new AdamW({ learningRate: 1e-2 });
  const spy = vi.spyOn(tf.engine(), 'runKernel');
  const condition = {
    ...{ encoderHiddenStates: normal([2, 5, 6]), textEmbeds: normal([2, 4]), timeIds: normal([2, 2]) },
  };
  const { loss } = await trainStep(layersDenoiser(model), [normal([2, 8, 8, 4])], {
    optimizer,
    parameters,
    step: 0,
    objective: (denoiser, x, call) =>
      tf.mean(tf.square(denoiser(x, tf.tensor1d([7, 900], 'int32'), condition, call))),
  });
  const filters = spy.mock.calls.filter(([name]) => /BackpropFilter/.test(name)).length;
  spy.mockRestore();
  const { slots } = await optimizer.state(parameters);
  const named = Object.values(slots).map((slot) => [...slot.keys()]);
  return { loss, filters, named };
}

it.each([false, true])(
  'a step computes gradients of adapters alone (checkpointing: %s)',
  async (checkpointing) => {
    const model = unet2dCondition(conditionConfig);
    if (checkpointing) enableGradientCheckpointing(model);
    const all = namedParameters(model);
    const whole = await countedStep(model, all);
    const before = await weightsOf(model);
    const lora = addLora(model, { r: 2, targetModules: ['to_q', 'to_v', 'conv1', 'downsamplers.0.conv'] });
    const { loss, filters, named } = await countedStep(model, lora.parameters);
    expect(loss).toBeGreaterThan(0);
    // One for A and one for B.
    expect(filters).toBe(lora.parameters.length);
    expect(whole.filters).toBeGreaterThan(filters);
    const names = lora.parameters.map(({ name }) => name);
    expect(named.length).toBe(2);
    for (const slot of named) expect(slot.sort()).toEqual([...names].sort());
    expect(await weightsOf(model)).toEqual(before);
    expect(namedParameters(model).some(({ spec }) => spec.trainable)).toBe(false);
    lora.remove();
    expect(namedParameters(model).every(({ spec }) => spec.trainable)).toBe(true);
    model.dispose();
  },
);

it('a network with batch norm stays as it is while its adapters train', async () => {
  const model = unetAttD({ filterConfig: [4, 4, 4, 4, 4, 4] });
  const before = await weightsOf(model);
  const lora = addLora(model, { r: 2, targetModules: () => true });
  const optimizer = new AdamW({ learningRate: 1e-2 });
  await trainStep(layersDenoiser(model), [normal([2, 32, 32, 4])], {
    optimizer,
    parameters: lora.parameters,
    step: 0,
    objective: (denoiser, x, call) =>
      tf.mean(tf.square(denoiser(x, tf.tensor1d([7, 900], 'int32'), undefined, call))),
  });
  expect(await weightsOf(model)).toEqual(before);
  lora.remove();
  model.dispose();
});

it('begins as peft says: no change, gaussian or at once', async () => {
  const model = unet2dCondition({ ...conditionConfig, blockOutChannels: [32, 64] });
  const valuesOf = async (initLoraWeights: boolean | 'gaussian') => {
    const r = 8;
    const lora = addLora(model, { r, targetModules: ['ff.net.0.proj'], initLoraWeights });
    const [a, b] = await Promise.all(
      lora.parameters.slice(0, 2).map(async ({ variable }) => (await variable.data<'float32'>()).slice()),
    );
    const fanIn = lora.parameters[0].spec.shape[0];
    lora.remove();
    const deviation = Math.sqrt(a.reduce((sum, v) => sum + v * v, 0) / a.length);
    return { a, b, r, fanIn, deviation };
  };
  const uniform = await valuesOf(true);
  expect(Math.max(...uniform.a.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(uniform.fanIn));
  expect(uniform.deviation * Math.sqrt(3 * uniform.fanIn)).toBeCloseTo(1, 0);
  expect(uniform.b.every((value) => value === 0)).toBe(true);
  const gaussian = await valuesOf('gaussian');
  expect(gaussian.deviation * gaussian.r).toBeGreaterThan(0.85);
  expect(gaussian.deviation * gaussian.r).toBeLessThan(1.15);
  expect(gaussian.b.every((value) => value === 0)).toBe(true);
  const both = await valuesOf(false);
  expect(both.b.every((value) => value !== 0)).toBe(true);
  expect(Math.max(...both.b.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(both.r));
  model.dispose();
});

it('several at once add up, and are merged and unmerged in any order, to the bit', async () => {
  const { model, inputs } = networks.unet2d();
  const output = async () =>
    (await tf.tidy(() => model.apply(inputs) as tf.Tensor).data<'float32'>()).slice();
  const base = await output();
  const before = await weightsOf(model);
  const options = { r: 2, targetModules: ['to_q', 'conv1'], initLoraWeights: false };
  const first = addLora(model, { ...options, seed: 1 });
  const ofFirst = await output();
  const second = addLora(model, { ...options, seed: 2, loraAlpha: 3 });
  const ofBoth = await output();
  expect(ofBoth).not.toEqual(ofFirst);
  first.scale = 0;
  const ofSecond = await output();
  expect(ofSecond).not.toEqual(ofBoth);
  first.scale = 1;
  second.merge();
  const secondMerged = await weightsOf(model);
  first.merge();
  expectClose(await output(), ofBoth, { abs: 2e-4, rel: 2e-4 });
  expect(() => {
    first.scale = 2;
  }).toThrow(/merged: unmerge\(\) first/);
  expect(() => first.merge()).toThrow(/merged already/);
  first.unmerge();
  expect(await weightsOf(model)).toEqual(secondMerged);
  second.unmerge();
  expect(await weightsOf(model)).toEqual(before);
  second.remove();
  expect(await output()).toEqual(ofFirst);
  first.remove();
  first.remove();
  expect(await output()).toEqual(base);
  expect(() => first.merge()).toThrow(/they are removed/);
  model.dispose();
});

it('drops what adapters take, in training alone, by the step, with checkpointing too', async () => {
  const gradientsOf = async (checkpointing: boolean) => {
    const model = unet2dCondition(conditionConfig);
    const lora = addLora(model, {
      ...{ r: 2, targetModules: ['to_q', 'conv1'], initLoraWeights: false, loraDropout: 0.5 },
    });
    if (checkpointing) enableGradientCheckpointing(model);
    const denoiser = layersDenoiser(model);
    const condition = {
      ...{ encoderHiddenStates: normal([2, 5, 6]), textEmbeds: normal([2, 4]), timeIds: normal([2, 2]) },
    };
    const run = (call: { training: boolean; step: number }) =>
      denoiser(normal([2, 8, 8, 4]), tf.tensor1d([7, 900], 'int32'), condition, call);
    const values = async (call: { training: boolean; step: number }) =>
      (await tf.tidy(() => run(call)).data<'float32'>()).slice();
    const still = await values({ training: false, step: 3 });
    const third = await values({ training: true, step: 3 });
    expect(third).not.toEqual(still);
    expect(await values({ training: true, step: 4 })).not.toEqual(third);
    expect(await values({ training: true, step: 3 })).toEqual(third);
    expect(await values({ training: false, step: 4 })).toEqual(still);
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(run({ training: true, step: 5 }))) as tf.Scalar,
      lora.parameters.map(({ variable }) => variable),
    );
    const all = lora.parameters.map(async ({ variable }) => [...(await grads[variable.name].data())]);
    return (await Promise.all(all)).flat();
  };
  expectClose(await gradientsOf(true), await gradientsOf(false), { abs: 1e-4, rel: 1e-4 });

  const checkpointed = enableGradientCheckpointing(unet2dCondition(conditionConfig));
  expect(() => addLora(checkpointed, { targetModules: ['to_q'], loraDropout: 0.5 })).toThrow(
    /before enableGradientCheckpointing/,
  );
});

it('acts in models made ready for samples', async () => {
  const { model, inputs } = networks['unetAttD, DUC']();
  const list = inputs as tf.Tensor[];
  const lora = addLora(model, { r: 2, targetModules: /.*block\.0|W_x\.0/, initLoraWeights: false });
  const expected = await (model.apply(list) as tf.Tensor).data();
  const ready = inferenceModel(model);
  expectClose(await ready.predict(...list).data(), expected, { abs: 1e-4, rel: 1e-4 });
  ready.dispose();
  lora.remove();
  model.dispose();
});

it('leaves no tensor behind', async () => {
  const model = unet2dCondition(conditionConfig);
  await expectTensorsKept(0, () => {
    const lora = addLora(model, { targetModules: ['to_q', 'conv1'] });
    lora.merge();
    lora.remove();
  });
});

describe('what fits nothing is refused by name', () => {
  const model = () => unet2dCondition(conditionConfig);
  it.each([
    [{ targetModules: ['to_q', 'to_x'] }, /'to_x' fits no linear layer or convolution of the model, such as/],
    [{ targetModules: ['norm1'] }, /'norm1' fits no linear layer/],
    [{ targetModules: /nothing/ }, /targetModules fits no linear layer/],
    [{ targetModules: [] }, /targetModules is \[\]/],
    [{ targetModules: ['to_q'], r: 0 }, /addLora: r is 0/],
    [{ targetModules: ['to_q'], rankPattern: { to_q: 1.5 } }, /rankPattern\['to_q'\] is 1.5/],
    [{ targetModules: ['to_q'], loraDropout: 1 }, /loraDropout is 1/],
    [{ targetModules: ['to_q'], initLoraWeights: 'pissa' as 'gaussian' }, /initLoraWeights is 'pissa'/],
  ])('%o', (config, message) => {
    expect(() => addLora(model(), config)).toThrow(message);
    expect(() => addLora(model(), config)).toThrow(ConfigError);
  });
});
