import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, type PredictionType } from '../../src/diffusion/index.js';
import type { Denoiser } from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { solvers } from '../support/solvers.js';

// Data whose every element is N(mu, s²). At level σ, x̂ is N(mu, s² + σ²), the best estimate of x0 is
// mu + s² / (s² + σ²) · (x̂ − mu), and the probability flow carries quantiles to quantiles:
// x̂(σ) = mu + (x̂(σ₀) − mu) · √((s² + σ²) / (s² + σ₀²)).
const mu = [-0.8, -0.3, 0.2, 1.1];
const s = [0.3, 0.6, 1, 1.4];
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 }),
);
const logSigmas = Float32Array.from(alphaBars, (alphaBar) => Math.log((1 - alphaBar) / alphaBar) / 2);

/** The best predictor; it finds σ by the timestep that it is told, in ln σ between two trained ones. */
function best(predictionType: PredictionType): Denoiser {
  return (xT, t) => {
    const time = tf.cast(t, 'float32');
    const low = tf.minimum(tf.floor(time), logSigmas.length - 2);
    const at = (index: tf.Tensor) => tf.gather(tf.tensor1d(logSigmas), tf.cast(index, 'int32'));
    const log = tf.add(at(low), tf.mul(tf.sub(time, low), tf.sub(at(tf.add(low, 1)), at(low))));
    const sigma = tf.reshape(tf.exp(log), [-1, 1]);
    const a = tf.rsqrt(tf.add(tf.square(sigma), 1));
    const variance = tf.tensor2d(
      s.map((x) => x ** 2),
      [1, 4],
    );
    const mean = tf.tensor2d(mu, [1, 4]);
    const share = tf.div(variance, tf.add(variance, tf.square(sigma)));
    const x0 = tf.add(mean, tf.mul(share, tf.sub(tf.div(xT, a), mean)));
    if (predictionType === 'x0') return x0;
    const noise = tf.div(tf.sub(tf.div(xT, a), x0), sigma);
    if (predictionType === 'noise') return noise;
    return tf.sub(tf.mul(a, noise), tf.mul(tf.mul(a, sigma), x0));
  };
}

/** Levels from 20 to 0.4, evenly spaced in σ^(1/7). */
const levels = (steps: number) =>
  Array.from(
    { length: steps + 1 },
    (_, i) => (20 ** (1 / 7) + (i / steps) * (0.4 ** (1 / 7) - 20 ** (1 / 7))) ** 7,
  );

beforeAll(startTestBackend);

describe.each(solvers.filter(({ order }) => order !== undefined))(
  '$name',
  ({ sample, order: own = 0, orderOfV = own }) => {
    const start = Array.from({ length: 12 }, (_, j) => Math.sin(1 + 2 * j) * 1.3);
    const noise = (shape: number[]) => tf.tensor(start, shape);

    async function largestError(predictionType: PredictionType, steps: number): Promise<number> {
      const samples = await sample(best(predictionType), alphaBars, {
        ...{ shape: [3, 4], sigmas: levels(steps), predictionType, noise },
        initialImage: tf.tensor(
          Array.from(start, (_, j) => mu[j % 4]),
          [3, 4],
        ),
      });
      const values = await samples.data();
      return start.reduce((most, x, j) => {
        const [center, deviation] = [mu[j % 4], s[j % 4]];
        const moved = center + 20 * x * Math.sqrt((deviation ** 2 + 0.4 ** 2) / (deviation ** 2 + 20 ** 2));
        return Math.max(most, Math.abs(values[j] * Math.sqrt(1 + 0.4 ** 2) - moved));
      }, 0);
    }

    it.each(['noise', 'x0', 'v'] as const)(
      'converges to the probability flow at its order, %s prediction',
      async (predictionType) => {
        const order = predictionType === 'v' ? orderOfV : own;
        const [coarse, fine] = [
          await largestError(predictionType, 16),
          await largestError(predictionType, 32),
        ];
        expect(fine).toBeLessThan(0.3 / order ** 2);
        expect(coarse / fine).toBeGreaterThan(0.75 * 2 ** order);
      },
    );
  },
);

describe.each(solvers)('$name', ({ sample }) => {
  it('samples the data: mean and deviation of each element', async () => {
    const samples = await sample(best('v'), alphaBars, {
      ...{ shape: [2000, 4], predictionType: 'v', steps: 120, sigmas: 'karras' },
    });
    const { mean, variance } = tf.moments(samples, 0);
    // 4 standard errors of a mean and a deviation, and 3 % for the steps.
    const [means, variances] = [await mean.data(), await variance.data()];
    s.forEach((deviation, i) => {
      expectClose([means[i]], [mu[i]], { abs: (4 / Math.sqrt(2000)) * deviation + 0.03 });
      expectClose([Math.sqrt(variances[i]) / deviation], [1], { abs: 4 / Math.sqrt(4000) + 0.03 });
    });
  });
});
