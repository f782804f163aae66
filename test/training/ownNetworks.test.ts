import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { randomNormal } from '../../src/ops/random.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { SAM } from '../../src/optimizers/SAM.js';
import { guideDenoiser } from '../../src/samplers/guideDenoiser.js';
import { sampleDdim } from '../../src/samplers/sampleDdim.js';
import { sampleDpmPlusPlus2M } from '../../src/samplers/sampleDpmPlusPlus2M.js';
import { sampleHeun } from '../../src/samplers/sampleHeun.js';
import type { DiffusionBatch } from '../../src/training/diffusionLoss.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import type { Network } from '../support/ownNetwork.js';
import { tinyTransformer } from '../support/tinyTransformer.js';
import { NO_CLASS, tinyUnet } from '../support/tinyUnet.js';
import { valuesOf } from './linearDenoiser.js';

beforeAll(startTestBackend);

const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(20, { betaStart: 0.01, betaEnd: 0.4 }));
const SHAPE = [4, 8, 8, 2];
/** The condition tells x0, hardly the noise. */
const predictionType = 'x0';

/** What a test needs of a network: how to make it, and a condition by the number of the class it stands for. */
interface Case<C> {
  make: (seed: number) => Network<C>;
  conditionOf: (classes: readonly number[]) => C;
}

const unet: Case<tf.Tensor> = {
  make: tinyUnet,
  conditionOf: (classes) => tf.tensor1d([...classes], 'int32'),
};
const transformer: Case<{ words: tf.Tensor }> = {
  make: tinyTransformer,
  conditionOf: (classes) => ({
    words: tf.tidy(() =>
      tf.tile(
        tf.expandDims(tf.cast(tf.oneHot(tf.tensor1d([...classes], 'int32'), 6), 'float32'), 1),
        [1, 3, 1],
      ),
    ),
  }),
};

/** A batch of flat images whose value is their class, less one, with the condition of two of them dropped. */
function makeBatch<C>({ conditionOf }: Case<C>, step: number): DiffusionBatch<C> {
  const classes = [0, 1, 2, step % 3];
  const x0 = tf.tidy(() => tf.add(tf.zeros(SHAPE), tf.reshape(tf.sub(classes, 1), [4, 1, 1, 1])));
  const told = classes.map((index, i) => (i === step % 4 ? NO_CLASS : index));
  return {
    x0,
    t: step % 2 === 0 ? Int32Array.of(1, 7, 12, 19) : Float32Array.of(0.5, 6.25, 13.75, 18.5),
    noise: randomNormal(SHAPE, { seed: 1, stream: 0, step }),
    condition: conditionOf(told),
  };
}

const samOf = (rho: number) => new SAM(new AdamW({ learningRate: 1e-2 }), { rho });

/** Trains from the beginning, each step on two batches: the losses, the parameters and the statistics. */
async function train<C>(own: Case<C>, optimizer: tf.Optimizer, steps: number, network = own.make(3)) {
  const { denoiser, parameters } = network;
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const batches = [makeBatch(own, 2 * i), makeBatch(own, 2 * i + 1)];
    const run = () =>
      trainStep(denoiser, batches, { optimizer, parameters, alphaBars, predictionType, step: 2 * i });
    losses.push((i === 0 ? await run() : await expectTensorsKept(0, run)).loss);
    tf.dispose(batches.map(({ x0, noise, condition }) => ({ x0, noise, condition })) as tf.TensorContainer);
  }
  return {
    network,
    losses,
    weights: await valuesOf(network.parameters),
    statistics: await valuesOf(network.statistics),
  };
}

function itFits<C>(own: Case<C>): void {
  it('learns, with accumulation and SAM, and samples follow the guide', async () => {
    const { network, losses } = await train(own, samOf(0.05), 40);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 3)));
    const { denoiser } = network;
    const guided = guideDenoiser(denoiser, {
      condition: own.conditionOf([0, 0, 2, 2]),
      unconditional: own.conditionOf([NO_CLASS, NO_CLASS, NO_CLASS, NO_CLASS]),
      scale: 2,
    });
    for (const sample of [sampleHeun, sampleDpmPlusPlus2M, sampleDdim]) {
      const samples = await expectTensorsKept(1, () =>
        sample(guided, alphaBars, { shape: SHAPE, steps: 8, predictionType }),
      );
      const values = Array.from(await tf.mean(samples, [1, 2, 3]).data());
      expect(values[2] + values[3] - values[0] - values[1]).toBeGreaterThan(1);
      samples.dispose();
    }
    // The condition of the options is the unguided way.
    const condition = own.conditionOf([0, 0, 2, 2]);
    const options = { shape: SHAPE, steps: 8, condition, predictionType } as const;
    const [plain] = [await sampleHeun(denoiser, alphaBars, options)];
    const once = guideDenoiser(denoiser, { condition, unconditional: condition, scale: 1 });
    const same = await sampleHeun(once, alphaBars, { shape: SHAPE, steps: 8, predictionType });
    expect((await tf.max(tf.abs(tf.sub(plain, same))).data())[0]).toBeLessThan(1e-4);
  });

  it('sees both passes of SAM with the same masks, and its statistics as the first left them', async () => {
    // A perturbation of length 0: the two passes agree exactly when their masks do.
    const plain = await train(own, new AdamW({ learningRate: 1e-2 }), 3);
    const sharp = await train(own, samOf(0), 3);
    expect(sharp.losses).toEqual(plain.losses);
    expect(sharp.weights).toEqual(plain.weights);
    expect(sharp.statistics).toEqual(plain.statistics);
    const perturbed = await train(own, samOf(0.5), 1);
    const once = await train(own, new AdamW({ learningRate: 1e-2 }), 1);
    expect(perturbed.statistics).toEqual(once.statistics);
    expect(perturbed.weights).not.toEqual(once.weights);
  });
}

describe('a class-conditional U-Net of functions', () => itFits(unet));
describe('a transformer with attention to a condition', () => itFits(transformer));
