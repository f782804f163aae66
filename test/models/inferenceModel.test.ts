import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { upModes } from '../../src/layers/UpconvBlock.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';
import { normals, outputOf, smallBatch, smallConfig } from './smallModels.js';

beforeAll(startTestBackend);

/** A model whose parameters, running statistics included, are all other than the initial ones. */
function randomModel(config: UnetAttDConfig): tfl.LayersModel {
  const model = unetAttD(config);
  for (const [seed, { name, spec, variable }] of namedParameters(model).entries()) {
    if (spec.initialization?.type !== 'constant' || spec.dtype !== 'float32') continue;
    tf.tidy(() => {
      const random = tf.randomUniform(spec.shape, -0.5, 0.5, 'float32', seed);
      variable.assign(name.endsWith('running_var') ? tf.exp(tf.mul(random, 3)) : tf.add(variable, random));
    });
  }
  return model;
}

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}

function expectEqual(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
  const difference = actual.map((v, i) => v - expected[i]);
  expect(norm(difference) / norm(expected)).toBeLessThan(1e-4);
  const largest = (values: Float32Array) => values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  expect(largest(difference) / largest(expected)).toBeLessThan(1e-4);
}

describe.each(upModes.flatMap((upmode) => [true, false].map((useSkipAtt) => ({ upmode, useSkipAtt }))))(
  'inferenceModel, $upmode, attention $useSkipAtt',
  (config) => {
    // Enough channels and pixels for Winograd's algorithm in some layers, and sides that its tiles do not divide.
    test.each([
      { ...smallConfig, ...config },
      { ...smallConfig, ...config, filterConfig: [8, 12, 16, 24, 64, 64], dropoutRate: 0.5 },
    ])('predicts what the model does outside training, filters $filterConfig', async (whole) => {
      const model = randomModel(whole);
      const batch = smallBatch();
      const expected = await outputOf(model, batch);
      const { predict, dispose } = inferenceModel(model);
      expectEqual(await valuesOf(predict(batch.x, batch.t)), expected);
      const one = { x: tf.slice(batch.x, 0, 1), t: tf.slice(batch.t, 0, 1) };
      expectEqual(await valuesOf(predict(one.x, one.t)), expected.slice(0, expected.length / 4));
      dispose();
      tf.dispose([batch, one]);
      model.dispose();
    });
  },
);

test('patches of pixels', async () => {
  const model = randomModel({ ...smallConfig, patchSize: 2 });
  const batch = { x: normals([2, 64, 64, 2], 1), t: tf.tensor1d([5, 900], 'int32') };
  const { predict, dispose } = inferenceModel(model);
  expectEqual(await valuesOf(predict(batch.x, batch.t)), await outputOf(model, batch));
  dispose();
});

test('keeps the weights of the call, and leaves no tensor behind', async () => {
  const model = randomModel(smallConfig);
  const batch = smallBatch();
  const expected = await outputOf(model, batch);
  const before = tf.memory().numTensors;
  const { predict, dispose } = inferenceModel(model);
  expectEqual(await valuesOf(predict(batch.x, batch.t)), expected);
  const held = tf.memory().numTensors;
  expectEqual(await valuesOf(predict(batch.x, batch.t)), expected);
  expect(tf.memory().numTensors).toBe(held);
  const wrong = tf.zeros([4, 30, 32, 2]);
  expect(() => predict(wrong, batch.t)).toThrow(/encoder_1: the input shape is \[4, 30, 32, 2\]/);
  wrong.dispose();
  expect(tf.memory().numTensors).toBe(held);
  dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(await outputOf(model, batch)).toEqual(expected);
});

test('other layers of a model compute as they do', async () => {
  const backbone = randomModel(smallConfig);
  const classes = tfl.layers.leakyReLU({ alpha: 0.5 }).apply(backbone.outputs[0]) as tfl.SymbolicTensor;
  const model = tfl.model({ inputs: backbone.inputs, outputs: classes });
  const batch = smallBatch();
  const { predict, dispose } = inferenceModel(model);
  expectEqual(await valuesOf(predict(batch.x, batch.t)), await outputOf(model, batch));
  dispose();
});
