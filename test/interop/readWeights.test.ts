import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { readWeights } from '../../src/interop/readWeights.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { startTestBackend } from '../support/backend.js';

const build = () => namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
const value = (number: number): SafetensorsTensor => ({
  dtype: 'F32',
  shape: [1],
  data: Float32Array.of(number),
});

/** Asserts that two state dicts are the same, whatever their order. Vitest's own difference of them takes minutes. */
function expectSame(actual: Map<string, SafetensorsTensor>, expected: Map<string, SafetensorsTensor>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  const [a, b] = [actual, expected].map((tensors) => Buffer.from(writeSafetensors(tensors)));
  expect(a.equals(b), 'the same tensors').toBe(true);
}

describe("a run's checkpoint", () => {
  let bytes: Uint8Array;
  let weights: Map<string, SafetensorsTensor>;
  let average: Map<string, SafetensorsTensor>;

  beforeAll(async () => {
    await startTestBackend();
    const parameters = build();
    const ema = new ExponentialMovingAverage(parameters, 0.9);
    const optimizer = new AdamW();
    const trainable = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
    const sumOfSquares = () => tf.addN(trainable.map((variable) => tf.sum(tf.square(variable)))) as tf.Scalar;
    optimizer.minimize(sumOfSquares, false, trainable);
    ema.update();
    bytes = await encodeCheckpoint({ parameters, optimizer, ema }, {});
    weights = await toTorchStateDict(parameters);
    average = await ema.apply(() => toTorchStateDict(parameters));
  });

  it('gives the moving average, with the counters of the model', async () => {
    expect(average.get('output_conv.weight')).not.toEqual(weights.get('output_conv.weight'));
    const parameters = build();
    loadTorchStateDict(parameters, readWeights(bytes));
    expectSame(await toTorchStateDict(parameters), average);
  });

  it('gives the weights themselves with ema: false', async () => {
    const parameters = build();
    loadTorchStateDict(parameters, readWeights(bytes, { ema: false }));
    expectSame(await toTorchStateDict(parameters), weights);
  });

  it('does so without the header, which Python drops when it writes the tensors again', () => {
    const rewritten = writeSafetensors(readSafetensors(bytes).tensors);
    expectSame(readWeights(rewritten), average);
  });

  it('gives the weights of a run without moving average', async () => {
    const parameters = build();
    const without = await encodeCheckpoint({ parameters }, {});
    expectSame(readWeights(without), await toTorchStateDict(parameters));
  });
});

describe('a state dict', () => {
  it('is given whole', () => {
    const tensors = { 'module.a.weight': value(1), 'module.a.bias': value(2) };
    expect(Object.fromEntries(readWeights(writeSafetensors(tensors)))).toEqual(tensors);
  });

  it('keeps sub-modules that are called ema or optimizer', () => {
    const tensors = { a: value(1), 'ema.b': value(2), 'optimizer.x.b': value(3), 'optimizer.a': value(4) };
    expect(Object.fromEntries(readWeights(writeSafetensors(tensors)))).toEqual(tensors);
  });
});
