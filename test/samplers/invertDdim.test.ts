import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { computeAlphaSchedule, gatherSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import { AbortError } from '../../src/errors/AbortError.js';
import { type Denoiser, invertDdim, sampleDdim } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(200, { type: 'linear', betaStart: 1e-3, betaEnd: 0.08 }),
);
const deviation = 0.6;

/** The best noise predictor for data of N(0, 0.36): σ / (ᾱ s² + 1 − ᾱ) · x. */
const best: Denoiser = (xT, t) => {
  const factor = (a: number) => Math.sqrt(1 - a) / (a * deviation ** 2 + 1 - a);
  return tf.mul(xT, tf.reshape(gatherSchedule(alphaBars.map(factor), t), [-1, 1]));
};

beforeAll(startTestBackend);

it('follows the probability flow of Gaussian data up, and DDIM comes back', async () => {
  const images = tf.tensor2d([[-1, 0.2, 0.5, 1.3]]);
  const noisy = await expectTensorsKept(1, () => invertDdim(best, alphaBars, images, { steps: 200 }));
  const a = alphaBars[199];
  const stretch = Math.sqrt(a * deviation ** 2 + 1 - a) / deviation;
  expectClose(
    await noisy.data(),
    [-1, 0.2, 0.5, 1.3].map((x) => x * stretch),
    { abs: 0.02, rel: 0.03 },
  );
  const back = await sampleDdim(best, alphaBars, { shape: [1, 4], steps: 200, noise: () => noisy });
  expectClose(await back.data(), await images.data(), { abs: 0.02, rel: 0.03 });
});

it('tells the timesteps upwards, stops by a signal, and leaves nothing behind', async () => {
  const images = tf.ones([1, 4]);
  const controller = new AbortController();
  const told: number[] = [];
  await expectTensorsKept(0, () =>
    expect(
      invertDdim(best, alphaBars, images, {
        ...{ steps: 4, signal: controller.signal },
        onStep: ({ t }) => {
          told.push(t);
          if (told.length === 3) controller.abort();
        },
      }),
    ).rejects.toThrow(AbortError),
  );
  expect(told).toEqual([0, 50, 100]);
  await expectTensorsKept(0, () =>
    expect(invertDdim(() => tf.zeros([3]), alphaBars, images)).rejects.toThrow('prediction.shape is [3]'),
  );
});
