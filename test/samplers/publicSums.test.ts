import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import {
  type Denoiser,
  ddimVariance,
  ddpmVariance,
  sampleDdim,
  sampleDdpm,
} from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { torchRandn } from '../support/torchRandom.js';

// The full loops of huggingface/diffusers' tests/schedulers: batch 4, 3 channels, 8 × 8, channels first.
const shape = [4, 3, 8, 8];
const size = 768;
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 }),
);

/** arange(768) / 768 of shape (3, 8, 8, 4), axes permuted (3, 0, 1, 2). */
function deterministicSample(): tf.Tensor {
  return tf.tidy(() => tf.transpose(tf.reshape(tf.div(tf.range(0, size), size), [3, 8, 8, 4]), [3, 0, 1, 2]));
}

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

  it('DDPM, 1000 steps', async () => {
    const randn = torchRandn(0);
    const samples = await sampleDdpm(denoiser, alphaBars, {
      shape,
      clip: [-1, 1],
      noise: (noiseShape, step) => (step === 0 ? deterministicSample() : tf.tensor(randn(size), noiseShape)),
    });
    expect(Math.abs(absoluteSum(await samples.data()) - 258.9606)).toBeLessThan(2e-3);
  });

  it('DDIM, 10 steps', async () => {
    const samples = await sampleDdim(denoiser, alphaBars, {
      shape,
      steps: 10,
      spacing: 'leading',
      clip: [-1, 1],
      noise: deterministicSample,
    });
    expect(Math.abs(absoluteSum(await samples.data()) - 172.0067)).toBeLessThan(2e-3);
  });

  // Within 1e-5, as the tests there ask.
  it.each([
    [0, 0],
    [487, 0.00979],
    [999, 0.02],
  ])('DDPM variance at %i', (t, expected) => {
    expect(Math.abs(ddpmVariance(t, alphaBars) - expected)).toBeLessThan(1e-5);
  });

  it.each([
    [420, 400, 0.14771],
    [980, 960, 0.3246],
  ])('DDIM variance from %i to %i', (t, previousT, expected) => {
    expect(Math.abs(ddimVariance(t, alphaBars, { previousT }) - expected)).toBeLessThan(1e-5);
  });
});
