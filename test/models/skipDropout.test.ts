import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomUniform } from '../../src/internal/philox.js';
import { randomStreams } from '../../src/internal/streams.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { setDropoutStep } from '../../src/models/setDropoutStep.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { normals, outputOf, smallBatch, smallConfig } from './smallModels.js';

beforeAll(startTestBackend);

const build = (skipDropRate: number | readonly number[], more = {}) =>
  unetAttD({ ...smallConfig, seed: 11, skipDropRate, ...more });

/** One of the layers, called alone. */
const layerOf = (model: tfl.LayersModel, level: number) => model.getLayer(`skip_dropout_${level}`);
const CHANNELS = [4, 4, 6, 4, 6];

/** Which samples of a batch one level keeps at a step. */
async function keptBy(model: tfl.LayersModel, level: number, step: number): Promise<boolean[]> {
  setDropoutStep(model, step);
  const side = 32 / 2 ** (level - 1);
  const x = tf.ones([64, side, side, CHANNELS[level - 1]]);
  const y = layerOf(model, level).apply(x, { training: true }) as tf.Tensor;
  const [largest, smallest] = [tf.max(y, [1, 2, 3]), tf.min(y, [1, 2, 3])];
  const kept = await largest.data();
  // A whole skip connection or none of it, not scaled.
  expect(await smallest.data()).toEqual(kept);
  expect([...kept].every((value) => value === 0 || value === 1)).toBe(true);
  tf.dispose([x, y, largest, smallest]);
  return Array.from(kept, (value) => value === 1);
}

describe('unetAttD skipDropRate', () => {
  it('drops the whole connection of samples drawn by seed, level and step', async () => {
    const model = build(0.5);
    for (const level of [1, 3, 5]) {
      for (const step of [0, 7]) {
        const key = { seed: 11, stream: randomStreams.skipDropout + level - 1, step };
        const expected = Array.from(randomUniform(64, key), (value) => value >= 0.5);
        expect(await keptBy(model, level, step)).toEqual(expected);
        expect(new Set(expected).size).toBe(2);
      }
    }
    expect(await keptBy(model, 1, 0)).not.toEqual(await keptBy(model, 1, 1));
    expect(await keptBy(model, 1, 0)).not.toEqual(await keptBy(model, 2, 0));
    expect(await keptBy(build(0.5, { seed: 12 }), 1, 0)).not.toEqual(await keptBy(model, 1, 0));
  });

  it('takes a probability each level, from the level of the image on', async () => {
    const model = build([0.9, 0, 0, 0, 0.1]);
    const shares: number[] = [];
    for (const level of [1, 5]) {
      const kept: boolean[] = [];
      for (let step = 0; step < 8; step++) kept.push(...(await keptBy(model, level, step)));
      shares.push(kept.filter(Boolean).length / kept.length);
    }
    // 512 draws: 4 standard deviations are 0.053.
    expect(Math.abs(shares[0] - 0.1)).toBeLessThan(0.06);
    expect(Math.abs(shares[1] - 0.9)).toBeLessThan(0.06);
    for (const level of [2, 3, 4]) expect(() => layerOf(model, level)).toThrow(/No such layer/);
  });

  it('leaves evaluation, the weights and their names as they are', async () => {
    const [without, model] = [unetAttD({ ...smallConfig, seed: 11 }), build(0.5)];
    expect(namedParameters(model).map(({ name }) => name)).toEqual(
      namedParameters(without).map(({ name }) => name),
    );
    const expected = await outputOf(without, smallBatch());
    expect(await outputOf(model, smallBatch())).toEqual(expected);
    const { predict, dispose } = inferenceModel(model);
    const { x, t } = smallBatch();
    expectClose(await predict(x, t).data(), expected, { abs: 1e-4, rel: 1e-4 });
    dispose();
  });

  it('draws a step again, in another model too', async () => {
    const model = build(0.5);
    const outputs = [];
    for (let step = 0; step < 3; step++) outputs.push(await outputOf(model, smallBatch(), true));
    expect(outputs[1]).not.toEqual(outputs[0]);
    const resumed = build(0.5);
    setDropoutStep(resumed, 2);
    expect(await outputOf(resumed, smallBatch(), true)).toEqual(outputs[2]);
    expect(await outputOf(resumed, smallBatch(), true)).not.toEqual(outputs[2]);
  });

  it('stops the gradient where it drops', async () => {
    const model = build(0.5);
    const kept = await keptBy(model, 2, 4);
    const x = normals([64, 16, 16, 4], 3);
    const gradient = tf.grad((x: tf.Tensor) => {
      setDropoutStep(model, 4);
      return tf.sum(tf.mul(layerOf(model, 2).apply(x, { training: true }) as tf.Tensor, 3));
    })(x);
    const bySample = await (tf.max(gradient, [1, 2, 3]) as tf.Tensor1D).array();
    expect(bySample).toEqual(kept.map((isKept) => (isKept ? 3 : 0)));
  });

  it.each([[1], [-0.1], [Number.NaN], [[0, 0, 0, 0]], [[0, 0, 0, 0, 1]], ['0.5']])('refuses %j', (rate) => {
    expect(() => build(rate as number)).toThrow(
      /^unetAttD: skipDropRate is .*; it must be a number in \[0, 1\), or a list of five\.$/,
    );
  });
});

describe('unetAttD outChannels', () => {
  it.each([1, 2] as const)('is the number of bands that come out, patchSize %i', async (patchSize) => {
    const model = unetAttD({ ...smallConfig, outChannels: 5, patchSize });
    const x = normals([2, 64, 64, 2], 1);
    const y = model.predict([x, tf.tensor1d([5, 900], 'int32')]) as tf.Tensor;
    expect(y.shape).toEqual([2, 64, 64, 5]);
  });

  it('refuses none', () => {
    expect(() => unetAttD({ ...smallConfig, outChannels: 0 })).toThrow(/^unetAttD: outChannels is 0/);
  });
});
