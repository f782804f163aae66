import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Denoiser } from '../../src/diffusion/Denoiser.js';
import { minSnrWeights } from '../../src/diffusion/minSnrWeights.js';
import { AbortError } from '../../src/errors/AbortError.js';
import { l1 } from '../../src/losses/l1.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { NonFiniteLossError } from '../../src/training/NonFiniteLossError.js';
import { type TrainStepOptions, trainStep } from '../../src/training/trainStep.js';
import { normals, smallConfig } from '../models/smallModels.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { alphaBars, linearDenoiser, makeBatch, valuesOf } from './linearDenoiser.js';

beforeAll(startTestBackend);

type Batch = ReturnType<typeof makeBatch>;

/** Batches one after the other as one. */
function concatenated(batches: Batch[]): Batch {
  return {
    x0: tf.concat(batches.map(({ x0 }) => x0)),
    noise: tf.concat(batches.map(({ noise }) => noise)),
    t: Int32Array.from(batches.flatMap(({ t }) => [...t])),
  };
}

const RATE = 0.1;

/** One step of gradient descent from the same weights: the change of each weight, and what the step returned. */
async function descend(
  batches: Batch[],
  options: Pick<TrainStepOptions, 'maxGradientNorm' | 'loss' | 'minSnrGamma'> = {},
) {
  const { denoiser, parameters } = linearDenoiser();
  const before = await valuesOf(parameters);
  const optimizer = tf.train.sgd(RATE);
  const result = await expectTensorsKept(0, () =>
    trainStep(denoiser, batches, { optimizer, parameters, alphaBars, step: 0, ...options }),
  );
  const after = await valuesOf(parameters);
  const change = after.flatMap((values, i) => Array.from(values, (value, j) => value - before[i][j]));
  return { ...result, change };
}

const norm = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('trainStep', () => {
  it('steps along the gradient of the loss', async () => {
    const batch = makeBatch(4, 1);
    const { denoiser, parameters } = linearDenoiser();
    const { value, grads } = tf.variableGrads(
      () => diffusionLoss(denoiser, batch, { alphaBars }),
      parameters.map(({ variable }) => variable),
    );
    const gradients = await Promise.all(parameters.map(({ variable }) => grads[variable.name].data()));
    const { loss, gradientNorm, change } = await descend([batch]);
    expect(loss).toBe((await value.data())[0]);
    expect(gradientNorm).toBeCloseTo(norm(gradients.flatMap((values) => Array.from(values))), 5);
    expectClose(
      change,
      gradients.flatMap((values) => Array.from(values, (g) => -RATE * g)),
      { abs: 1e-6 },
    );
    expect(norm(change)).toBeGreaterThan(0.01);
  });

  it.each([2, 3])('averages the gradients of %d batches as one batch of all', async (count) => {
    const batches = Array.from({ length: count }, (_, i) => makeBatch(2, 10 + i));
    const together = await descend([concatenated(batches)]);
    const accumulated = await descend(batches);
    expect(accumulated.loss).toBeCloseTo(together.loss, 5);
    expectClose(accumulated.change, together.change, { abs: 1e-6 });
    expect(norm(accumulated.change)).toBeGreaterThan(0.01);
  });

  it('calls the denoiser in training, batch by batch with the next step and the condition of the batch', async () => {
    const { denoiser, parameters } = linearDenoiser();
    const calls: unknown[] = [];
    const watch: Denoiser<string> = (xT, t, condition, call) => {
      calls.push([condition, call]);
      return denoiser(xT, t, undefined, call);
    };
    const batches = ['first', 'second'].map((condition, i) => ({ ...makeBatch(2, i), condition }));
    const options = { optimizer: tf.train.sgd(RATE), parameters, alphaBars, step: 7 };
    await trainStep(watch, batches, options);
    await trainStep(watch, batches.slice(1), { ...options, training: false });
    expect(calls).toEqual([
      ['first', { training: true, step: 7 }],
      ['second', { training: true, step: 8 }],
      ['second', { training: false, step: 7 }],
    ]);
  });

  it('limits the norm of the averaged gradient', async () => {
    const batches = [makeBatch(2, 20), makeBatch(2, 21)];
    const free = await descend(batches);
    const gradientNorm = norm(free.change) / RATE;
    const clipped = await descend(batches, { maxGradientNorm: gradientNorm / 4 });
    expect(clipped.gradientNorm).toBeCloseTo(gradientNorm, 4);
    expectClose(
      clipped.change,
      free.change.map((value) => value / 4),
      { abs: 1e-6 },
    );
    const wide = await descend(batches, { maxGradientNorm: gradientNorm * 4 });
    expectClose(wide.change, free.change, { abs: 1e-7 });
  });

  it('follows the gradient of a loss weighed by min-SNR', async () => {
    const batch = makeBatch(4, 25);
    const weights = Array.from(batch.t, (t) => minSnrWeights(alphaBars, { gamma: 0.5 })[t]);
    const weighted = await descend([batch], {
      loss: (prediction, target) => l1(prediction, target, { weights }),
    });
    const step = await descend([batch], { loss: l1, minSnrGamma: 0.5 });
    const plain = await descend([batch], { loss: l1 });
    expect(step.loss).toBeCloseTo(weighted.loss, 5);
    expectClose(step.change, weighted.change, { abs: 1e-6 });
    expect(norm(step.change.map((value, i) => value - plain.change[i]))).toBeGreaterThan(0.01);
  });

  it.each(['x0', 'v'] as const)('learns a network that predicts %s', async (predictionType) => {
    const { denoiser, parameters } = linearDenoiser();
    const batch = makeBatch(4, 30);
    const options = { optimizer: tf.train.sgd(RATE), parameters, alphaBars, step: 0, predictionType };
    const expected = (await diffusionLoss(denoiser, batch, { alphaBars, predictionType }).data())[0];
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) losses.push((await trainStep(denoiser, [batch], options)).loss);
    expect(losses[0]).toBe(expected);
    expect(losses[29]).toBeLessThan(0.8 * losses[0]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('a loss of %d changes no weight', async (value) => {
    const { denoiser, parameters } = linearDenoiser();
    const optimizer = new AdamW({ learningRate: RATE });
    const bad = { ...makeBatch(2, 40), x0: tf.fill([2, 2, 3, 2], value) as tf.Tensor4D };
    const before = await valuesOf(parameters);
    for (const batches of [[bad], [makeBatch(2, 41), bad], [bad, makeBatch(2, 41)]]) {
      const step = trainStep(denoiser, batches, {
        optimizer,
        parameters,
        alphaBars,
        step: 0,
        maxGradientNorm: 1,
      });
      const error = await step.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(NonFiniteLossError);
      expect(Number.isFinite((error as NonFiniteLossError).loss)).toBe(false);
      expect((error as Error).message).toMatch(
        /^trainStep: the loss is (NaN|Infinity); no weight was changed/,
      );
    }
    expect(await valuesOf(parameters)).toEqual(before);
    expect(optimizer.step).toBe(0);
  });

  it('stops at its signal before the next batch, with every weight as it was', async () => {
    const controller = new AbortController();
    const { denoiser, parameters } = linearDenoiser();
    const optimizer = new AdamW({ learningRate: RATE });
    const before = await valuesOf(parameters);
    let calls = 0;
    const options: TrainStepOptions = {
      optimizer,
      parameters,
      alphaBars,
      step: 0,
      signal: controller.signal,
      loss: (prediction, target, lossOptions) => {
        calls++;
        if (calls === 2) controller.abort('enough');
        return l1(prediction, target, lossOptions);
      },
    };
    const batches = [makeBatch(2, 41), makeBatch(2, 42), makeBatch(2, 43)];
    const error = await expectTensorsKept(0, () =>
      trainStep(denoiser, batches, options).catch((reason) => reason),
    );
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({
      message: 'trainStep: stopped before batch 3 of 3; no weight was changed.',
      cause: 'enough',
    });
    expect(calls).toBe(2);
    expect(await valuesOf(parameters)).toEqual(before);
    expect(optimizer.step).toBe(0);
    const { loss } = await trainStep(denoiser, batches, { ...options, signal: new AbortController().signal });
    expect(loss).toBeGreaterThan(0);
    expect(await valuesOf(parameters)).not.toEqual(before);
  });

  it('leaves the running statistics as they are outside training, and descends on what they give', async () => {
    const model = unetAttD({ ...smallConfig, dropoutRate: 0.5, seed: 3 });
    const denoiser = layersDenoiser(model);
    const all = namedParameters(model);
    const parameters = all.filter(({ spec }) => spec.trainable);
    const statistics = all.filter(({ spec }) => !spec.trainable);
    const noise = normals([2, 32, 32, 2], 5);
    const batch = { x0: normals([2, 32, 32, 2], 4), noise, t: Int32Array.of(1, 7) };
    const lossNow = async () => (await diffusionLoss(denoiser, batch, { alphaBars }).data())[0];
    const [expected, before] = [await lossNow(), await valuesOf(statistics)];
    const options = { optimizer: tf.train.sgd(1e-3), parameters, alphaBars, step: 0 };
    const { loss } = await trainStep(denoiser, [batch], { ...options, training: false });
    expect(loss).toBe(expected);
    expect(await valuesOf(statistics)).toEqual(before);
    expect(await lossNow()).toBeLessThan(expected);
    const inTraining = await trainStep(denoiser, [batch], options);
    expect(inTraining.loss).not.toBe(loss);
    expect(await valuesOf(statistics)).not.toEqual(before);
  });

  it('leaves nothing behind when it throws', async () => {
    const { denoiser, parameters } = linearDenoiser();
    const good = makeBatch(2, 50);
    const bad = { ...good, x0: tf.fill([2, 2, 3, 2], Number.NaN) as tf.Tensor4D };
    const optimizer = new AdamW();
    const options = { optimizer, parameters, alphaBars, step: 0, maxGradientNorm: 1 };
    await trainStep(denoiser, [good], options);
    const cases = [
      { batches: [good, bad], options },
      { batches: [good, { ...good, t: Int32Array.of(0, 99) }], options },
      // The optimizer refuses other variables than in its first step.
      { batches: [good], options: { ...options, parameters: parameters.slice(1) } },
    ];
    for (const { batches, options } of cases) {
      await expectTensorsKept(0, () => expect(trainStep(denoiser, batches, options)).rejects.toThrow());
    }
  });

  it('refuses to step without a batch', async () => {
    const { denoiser, parameters } = linearDenoiser();
    const step = trainStep(denoiser, [], { optimizer: tf.train.sgd(RATE), parameters, alphaBars, step: 0 });
    await expect(step).rejects.toThrow(/^trainStep: there is no batch/);
  });
});
