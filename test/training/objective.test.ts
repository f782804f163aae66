import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { mse } from '../../src/losses/index.js';
import { SAM } from '../../src/optimizers/SAM.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { blockMask } from '../../src/training/blockMask.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { type EdmBatch, edmLoss } from '../../src/training/edmLoss.js';
import { maskInput } from '../../src/training/maskInput.js';
import { regionLoss } from '../../src/training/regionLoss.js';
import { selfConditionTraining } from '../../src/training/selfConditionTraining.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { alphaBars, makeBatch } from './linearDenoiser.js';

beforeAll(startTestBackend);

/** A network of one number, and that number. */
function network() {
  const weight = tf.variable(tf.scalar(0.5));
  const denoiser = (x: tf.Tensor) => tf.mul(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 2]), weight);
  return { weight, denoiser, parameters: [{ name: 'weight', variable: weight }] };
}
const optimizer = () => new SGD({ learningRate: 0.1 });

describe("trainStep by a loss of one's own", () => {
  it('is called for each batch, as a step of it, and its gradients are averaged', async () => {
    const { weight, denoiser, parameters } = network();
    const calls: unknown[] = [];
    const objective = (
      given: unknown,
      batch: { factor: number },
      call: { training: boolean; step: number },
    ) => {
      expect(given).toBe(denoiser);
      calls.push(call);
      return tf.mul(tf.square(weight), batch.factor) as tf.Scalar;
    };
    const options = { optimizer: optimizer(), parameters, step: 6, objective };
    const result = await trainStep(denoiser, [{ factor: 1 }, { factor: 3 }], options);
    expect(calls).toEqual([
      { training: true, step: 6 },
      { training: true, step: 7 },
    ]);
    expect(result.loss).toBeCloseTo(0.5, 6);
    expect(result.gradientNorm).toBeCloseTo(2, 6);
    expect((await weight.data())[0]).toBeCloseTo(0.3, 6);
    await trainStep(denoiser, [{ factor: 1 }], { ...options, training: false });
    expect(calls[2]).toEqual({ training: false, step: 6 });
  });

  it('is called with the same steps in both passes of SAM', async () => {
    const { weight, denoiser, parameters } = network();
    const steps: number[] = [];
    const sam = new SAM(new SGD({ learningRate: 0.1 }), { rho: 0.05 });
    await trainStep(denoiser, [0, 1], {
      ...{ optimizer: sam, parameters, step: 3 },
      objective: (_denoiser, _batch, { step }) => {
        steps.push(step);
        return tf.square(weight) as tf.Scalar;
      },
    });
    expect(steps).toEqual([3, 4, 3, 4]);
  });

  it('takes EDM', async () => {
    const { weight, denoiser, parameters } = network();
    const { x0, noise } = makeBatch(2, 1);
    const batch: EdmBatch = { x0, noise, sigmas: [0.5, 2] };
    const before = (await edmLoss(denoiser, batch).data())[0];
    const { loss } = await trainStep(denoiser, [batch], {
      optimizer: optimizer(),
      parameters,
      step: 0,
      objective: edmLoss,
    });
    expect(loss).toBeCloseTo(before, 6);
    expect((await weight.data())[0]).not.toBe(0.5);
    expect((await edmLoss(denoiser, batch).data())[0]).toBeLessThan(before);
  });

  it('takes a mask of its own for each batch, and keeps no tensor', async () => {
    const { denoiser, parameters } = network();
    const masked = maskInput(denoiser, { maskChannels: 1 });
    const batches = [0, 1].map((step) => {
      const mask = blockMask([2, 2, 3], { size: 1, key: { seed: 1, stream: 30, step } });
      return { ...makeBatch(2, step), condition: { mask } };
    });
    const lossOf = (batch: (typeof batches)[number], call = {}) =>
      diffusionLoss(masked, batch, {
        ...{ alphaBars, predictionType: 'x0', ...call },
        loss: regionLoss(mse, batch.condition.mask),
      });
    // Where masked, the network sees 0 and says 0: the loss is the mean square of x0 there.
    const { x0, condition } = batches[0];
    const square = tf.div(tf.sum(tf.mul(tf.square(x0), condition.mask)), tf.mul(tf.sum(condition.mask), 2));
    expect((await lossOf(batches[0]).data())[0]).toBeCloseTo((await square.data())[0], 5);
    const options = { optimizer: optimizer(), parameters, step: 0 };
    const visible = regionLoss(mse, condition.mask, 'visible');
    const step = () =>
      trainStep(masked, batches, {
        ...options,
        objective: (denoiser, batch, call) =>
          diffusionLoss(denoiser, batch, { alphaBars, predictionType: 'x0', ...call, loss: visible }),
      });
    await step();
    await expectTensorsKept(0, async () => {
      await step();
    });
  });

  it('trains a self-conditioned network by diffusionLoss', async () => {
    const { weight, denoiser, parameters } = network();
    const self = selfConditionTraining(denoiser, { alphaBars, probability: 1 });
    const options = { optimizer: optimizer(), parameters, alphaBars, step: 0 };
    await trainStep(self, [makeBatch(2, 3)], options);
    expect((await weight.data())[0]).not.toBe(0.5);
    const batch = makeBatch(2, 3);
    await expectTensorsKept(0, async () => {
      await trainStep(self, [batch], options);
    });
  });

  it('refuses what is no function, and a loss of no parameter', async () => {
    const { denoiser, parameters } = network();
    const options = { optimizer: optimizer(), parameters, step: 0 };
    await expect(trainStep(denoiser, [1], { ...options, objective: 'edm' as never })).rejects.toThrow(
      /^trainStep: objective is 'edm'; it must be a function \(denoiser, batch, call\) => loss\.$/,
    );
    await expect(trainStep(denoiser, [1], { ...options, objective: () => tf.scalar(1) })).rejects.toThrow(
      /^trainStep: parameters is a list of 1, on none of which the loss depends/,
    );
  });
});
