import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { clipByGlobalNorm } from '../../src/optimizers/clipByGlobalNorm.js';
import { SAM, type SAMOptions } from '../../src/optimizers/SAM.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { NonFiniteLossError } from '../../src/training/NonFiniteLossError.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { alphaBars, linearDenoiser, makeBatch, valuesOf } from './linearDenoiser.js';

beforeAll(startTestBackend);

const RATE = 0.1;
const sgd = () => new SGD({ learningRate: RATE });

/** A small network with batch norm and dropout, and a step of `optimizer` on two batches. */
async function trainUnet(optimizer: tf.Optimizer, dropoutRate: number) {
  const model = unetAttD({
    inChannels: 1,
    filterConfig: [2, 2, 3, 2, 4, 4],
    timeEmbeddingDim: 4,
    dropoutRate,
    seed: 1,
  });
  const named = namedParameters(model);
  const parameters = named.filter(({ spec }) => spec.trainable);
  const images = (seed: number) => tf.randomNormal([2, 32, 32, 1], 0, 1, 'float32', seed) as tf.Tensor4D;
  const batches = [1, 2].map((seed) => ({
    x0: images(seed),
    noise: images(seed + 10),
    t: Int32Array.of(seed, 7),
  }));
  const denoiser = layersDenoiser(model);
  let done = 0;
  const step = () => trainStep(denoiser, batches, { step: 2 * done++, optimizer, parameters, alphaBars });
  const result = await step();
  const valuesOf = async (trainable: boolean) =>
    new Map(
      await Promise.all(
        named
          .filter(({ spec }) => spec.trainable === trainable)
          .map(
            async ({ name, variable }): Promise<[string, number[]]> => [
              name,
              Array.from(await variable.data()),
            ],
          ),
      ),
    );
  return { step, result, weights: await valuesOf(true), statistics: await valuesOf(false) };
}

describe('trainStep with SAM', () => {
  it('leaves the running statistics of a plain forward pass, and makes another step', async () => {
    const plain = await trainUnet(sgd(), 0.3);
    const sharp = await trainUnet(new SAM(sgd(), { rho: 0.5 }), 0.3);
    expect([...sharp.statistics.keys()]).toContain('encoder_1.block.1.running_mean');
    expect(sharp.statistics).toEqual(plain.statistics);
    expect(sharp.statistics.get('encoder_1.block.1.num_batches_tracked')).toEqual([2]);
    expect(sharp.result.loss).toBe(plain.result.loss);
    expect(sharp.weights).not.toEqual(plain.weights);
    await expectTensorsKept(0, sharp.step);
  });

  it('draws the same dropout masks in both passes, and goes on from there as a plain step does', async () => {
    // A perturbation of length 0: the two passes agree exactly when their masks do.
    const plain = await trainUnet(sgd(), 0.5);
    const sharp = await trainUnet(new SAM(sgd(), { rho: 0 }), 0.5);
    expect(sharp.result).toEqual(plain.result);
    expect(sharp.weights).toEqual(plain.weights);
    expect(await sharp.step()).toEqual(await plain.step());
  });

  it.each<[SAMOptions, number | undefined]>([
    [{ rho: 0.3 }, undefined],
    [{ rho: 0.3, adaptive: true }, undefined],
    [{ rho: 0.3 }, 0.05],
  ])(
    'steps along the mean gradient of the perturbed point, clipped: %o, %s',
    async (options, maxGradientNorm) => {
      const batches = [makeBatch(2, 1), makeBatch(2, 2)];
      const { denoiser, parameters } = linearDenoiser();
      const variables = parameters.map(({ variable }) => variable);
      const loss = () =>
        tf.tidy(() => {
          const [a, b] = batches.map((batch) => diffusionLoss(denoiser, batch, { alphaBars }));
          return tf.div(tf.add(a, b), 2) as tf.Scalar;
        });
      const before = await valuesOf(parameters);
      const putBack = new SAM(sgd(), options).perturb(tf.variableGrads(loss, variables).grads);
      const uphill = tf.variableGrads(loss, variables).grads;
      putBack();
      const { gradients, norm } = clipByGlobalNorm(uphill, maxGradientNorm ?? 1e6);

      const optimizer = new SAM(sgd(), options);
      const result = await expectTensorsKept(0, () =>
        trainStep(denoiser, batches, { optimizer, parameters, step: 0, alphaBars, maxGradientNorm }),
      );
      expect(result.gradientNorm).toBeCloseTo((await norm.data())[0], 5);
      const after = await valuesOf(parameters);
      for (const [i, { name }] of variables.entries()) {
        const gradient = await gradients[name].data();
        expectClose(
          after[i],
          before[i].map((value, j) => value - RATE * gradient[j]),
          { abs: 1e-6 },
        );
      }
    },
  );

  it('changes no weight where the loss is not finite, at either point', async () => {
    const { denoiser, parameters } = linearDenoiser();
    const before = await valuesOf(parameters);
    const optimizer = new SAM(sgd(), { rho: 1e30 });
    const bad = { ...makeBatch(2, 1), x0: tf.fill([2, 2, 3, 2], Number.NaN) as tf.Tensor4D };
    for (const batches of [[bad], [makeBatch(2, 1)], [makeBatch(2, 1), makeBatch(2, 2)]]) {
      await expectTensorsKept(0, () =>
        expect(
          trainStep(denoiser, batches, { optimizer, parameters, step: 0, alphaBars }),
        ).rejects.toBeInstanceOf(NonFiniteLossError),
      );
      expect(await valuesOf(parameters)).toEqual(before);
    }
    expect(optimizer.step).toBe(0);
  });
});
