import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import { type Denoiser, sampleDdim, sampleDdpm } from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { torchRandn } from '../support/torchRandom.js';

// The full loops of huggingface/diffusers' tests/schedulers: batch 4, 3 channels, 8 × 8, channels first.
const shape = [4, 3, 8, 8];
const size = 768;
const linearAlphaBars = (betaStart: number) =>
  computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear', betaStart, betaEnd: 0.02 })).alphaBars;
const alphaBars = linearAlphaBars(1e-4);

/** `integers` / 768 of shape (3, 8, 8, 4), axes permuted (3, 0, 1, 2). */
const permuted = (integers: tf.Tensor) =>
  tf.transpose(tf.reshape(tf.div(integers, size), [3, 8, 8, 4]), [3, 0, 1, 2]);
const deterministicSample = () => tf.tidy(() => permuted(tf.range(0, size)));
/** The same numbers in falling order: the noise that those tests add to the sample. */
const deterministicNoise = () => tf.tidy(() => permuted(tf.range(size - 1, -1, -1)));

/** x · t / (t + 1) */
const denoiser: Denoiser = (x, t) => {
  const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1, 1, 1]);
  return tf.mul(x, tf.div(time, tf.add(time, 1)));
};

const absoluteSum = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, x) => sum + Math.abs(x), 0);

beforeAll(startTestBackend);

describe("the sums of diffusers' test suite", () => {
  it('torchRandn(0) starts as torch.manual_seed(0); torch.randn(16) does', () => {
    expectClose(torchRandn(0)(16).subarray(0, 4), [-1.1258, -1.1524, -0.2506, -0.4339], { abs: 5e-5 });
  });

  // At t = 1 and 0, where β is 1e-4, the factors rounded to float32 there matter: in float64 that loop gives 387.9673.
  it.each([
    ['noise prediction', {}, 258.9606, 2e-3],
    ['v prediction', { predictionType: 'v' }, 202.0296, 2e-3],
    ['from a noised image', { startStep: 998 }, 387.9466, 3e-2],
    ['from a noised image, in float64', { startStep: 998 }, 387.9673, 1e-3],
  ] as const)('DDPM, 1000 steps, %s', async (_, options, expected, tolerance) => {
    const randn = torchRandn(0);
    const isNoised = 'startStep' in options;
    const samples = await sampleDdpm(denoiser, alphaBars, {
      shape,
      clip: [-1, 1],
      initialImage: isNoised ? deterministicSample() : undefined,
      noise: (noiseShape, step) => {
        if (step > 0) return tf.tensor(randn(size), noiseShape);
        return isNoised ? deterministicNoise() : deterministicSample();
      },
      ...options,
    });
    expect(Math.abs(absoluteSum(await samples.data()) - expected)).toBeLessThan(tolerance);
  });

  it.each([
    ['noise prediction', {}, 1e-4, 172.0067],
    ['v prediction', { predictionType: 'v' }, 1e-4, 52.5302],
    ['ᾱ before t = 0 as 1', { finalSigma: 'zero' }, 0.01, 149.8295],
    ['ᾱ before t = 0 as ᾱ₀', { finalSigma: 'sigma_min' }, 0.01, 149.0784],
    ['from a noised image', { startStep: 8 }, 1e-4, 354.5418],
  ] as const)('DDIM, 10 steps, %s', async (_, options, betaStart, expected) => {
    const isNoised = 'startStep' in options;
    const samples = await sampleDdim(denoiser, linearAlphaBars(betaStart), {
      shape,
      steps: 10,
      spacing: 'leading',
      clip: [-1, 1],
      initialImage: isNoised ? deterministicSample() : undefined,
      noise: isNoised ? deterministicNoise : deterministicSample,
      ...options,
    });
    expect(Math.abs(absoluteSum(await samples.data()) - expected)).toBeLessThan(2e-3);
  });

  /** The variance of the noise of one step from `t` to `previousT`: what noise of 1 adds to none, squared. */
  async function variance(sample: typeof sampleDdpm, t: number, previousT: number, own: object) {
    const sigma = (timestep: number) => Math.sqrt(1 / alphaBars[timestep] - 1);
    const run = (value: number) =>
      sample(() => tf.zeros([1, 1]), alphaBars, {
        ...{ shape: [1, 1], timesteps: [t], sigmas: [sigma(t), sigma(previousT)], predictionType: 'x0' },
        ...{ noise: (shape, step) => tf.fill(shape, step === 0 ? 0 : value), ...own },
      });
    return (await tf.squaredDifference(await run(1), await run(0)).data())[0];
  }

  // Within 1e-5, as the tests there ask.
  it.each([
    [487, 0.00979],
    [999, 0.02],
  ])('DDPM variance at %i', async (t, expected) => {
    expect(Math.abs((await variance(sampleDdpm, t, t - 1, {})) - expected)).toBeLessThan(1e-5);
  });

  it.each([
    [420, 400, 0.14771],
    [980, 960, 0.3246],
  ])('DDIM variance from %i to %i', async (t, previousT, expected) => {
    const found = await variance(sampleDdim, t, previousT, { eta: 1 });
    expect(Math.abs(found - expected)).toBeLessThan(1e-5);
  });
});
