import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  computeAlphaSchedule,
  gatherSchedule,
  makeBetaSchedule,
  type PredictionType,
  spaceTimesteps,
  type TimestepSpacing,
} from '../../src/diffusion/index.js';
import { randomNormal } from '../../src/internal/philox.js';
import { type Denoiser, type SamplerStep, sampleDdim, sampleDdpm } from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

// Data whose every element is N(mu, s²), another one for each element of a sample: then x_t is N(√ᾱ mu, V_t) with
// V_t = ᾱ s² + 1 − ᾱ, the best denoiser is affine, and so is every reverse step.
const shape = [2, 2, 3];
const mu = [-0.8, -0.3, 0, 0.2, 0.5, 1.1];
const s = [0.1, 0.4, 0.7, 1, 1.3, 0.05];
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(100, { type: 'linear', betaStart: 1e-3, betaEnd: 0.15 }),
);
const alphaBarAt = (t: number) => (t < 0 ? 1 : alphaBars[t]);
const marginalVariance = (alphaBar: number, i: number) => alphaBar * s[i] ** 2 + 1 - alphaBar;

/** The best predictor of noise, x0 or v given x_t; it looks its coefficients up with the timesteps that it is given. */
function bestDenoiser(predictionType: PredictionType): Denoiser {
  return (xT, t) => {
    const column = (f: (alphaBar: number) => number) =>
      tf.reshape(gatherSchedule(alphaBars.map(f), t), [-1, 1, 1]);
    const element = (values: number[]) => tf.tensor3d(values, [1, 2, 3]);
    const a = column(Math.sqrt);
    const sigma = column((alphaBar) => Math.sqrt(1 - alphaBar));
    const mean = element(mu);
    const variance = element(s.map((x) => x * x));
    const total = tf.add(tf.mul(tf.square(a), variance), tf.square(sigma));
    const z = tf.div(tf.sub(xT, tf.mul(a, mean)), total);
    if (predictionType === 'noise') return tf.mul(sigma, z);
    if (predictionType === 'x0') return tf.add(mean, tf.mul(tf.mul(a, variance), z));
    return tf.sub(tf.mul(tf.mul(tf.mul(a, sigma), tf.sub(1, variance)), z), tf.mul(sigma, mean));
  };
}

const noiseValues = (step: number) => randomNormal(12, { seed: 11, stream: 99, step });
const noise = (noiseShape: number[], step: number) => tf.tensor(noiseValues(step), noiseShape);

/** `x` moved from √ᾱ_t mu + z to √ᾱ_previous mu + slope · z + deviation · noise. */
type Affine = (alphaBar: number, previous: number, i: number) => { slope: number; deviation: number };

/** Every x_t of the closed form, in float64, from the starting noise (or another start) to ᾱ of the clean image. */
function trajectory(
  timesteps: Int32Array,
  affine: Affine,
  start: Iterable<number> = noiseValues(0),
  cleanAlphaBar = 1,
): number[][] {
  const states = [Array.from(start)];
  timesteps.forEach((t, k) => {
    const alphaBar = alphaBarAt(t);
    const previous = k + 1 < timesteps.length ? alphaBars[timesteps[k + 1]] : cleanAlphaBar;
    const fresh = noiseValues(k + 1);
    states.push(
      states[k].map((x, j) => {
        const i = j % 6;
        const { slope, deviation } = affine(alphaBar, previous, i);
        const z = x - Math.sqrt(alphaBar) * mu[i];
        return Math.sqrt(previous) * mu[i] + slope * z + (previous === 1 ? 0 : deviation * fresh[j]);
      }),
    );
  });
  return states;
}

/** Mean of p(x_previous | x_t) by conditioning one Gaussian on the other: covariance over variance. */
const ancestralSlope = (alphaBar: number, previous: number, i: number) =>
  (Math.sqrt(alphaBar / previous) * marginalVariance(previous, i)) / marginalVariance(alphaBar, i);

const posteriorVariance = (alphaBar: number, previous: number) =>
  ((1 - previous) * (1 - alphaBar / previous)) / (1 - alphaBar);

const ddpmSmall: Affine = (alphaBar, previous, i) => ({
  slope: ancestralSlope(alphaBar, previous, i),
  deviation: Math.sqrt(posteriorVariance(alphaBar, previous)),
});
const ddpmLarge: Affine = (alphaBar, previous, i) => ({
  slope: ancestralSlope(alphaBar, previous, i),
  deviation: Math.sqrt(1 - alphaBar / previous),
});
const ddim =
  (eta: number): Affine =>
  (alphaBar, previous, i) => {
    const variance = eta ** 2 * posteriorVariance(alphaBar, previous);
    const signal = Math.sqrt(previous * alphaBar) * s[i] ** 2;
    const direction = Math.sqrt((1 - previous - variance) * (1 - alphaBar));
    return { slope: (signal + direction) / marginalVariance(alphaBar, i), deviation: Math.sqrt(variance) };
  };

const predictionTypes: PredictionType[] = ['noise', 'x0', 'v'];
const spacings: TimestepSpacing[] = ['leading', 'trailing', 'linspace'];

beforeAll(startTestBackend);

const samplers = {
  'DDPM, fixed small': [sampleDdpm, { variance: 'fixed_small' }, ddpmSmall],
  'DDPM, fixed large': [sampleDdpm, { variance: 'fixed_large' }, ddpmLarge],
  'DDIM, eta 0': [sampleDdim, { eta: 0 }, ddim(0)],
  'DDIM, eta 0.6': [sampleDdim, { eta: 0.6 }, ddim(0.6)],
  'DDIM, eta 1': [sampleDdim, { eta: 1 }, ddim(1)],
} as const;

describe('every step equals the closed form for Gaussian data, element by element', () => {
  const layouts = spacings
    .map((spacing) => ({ spacing, steps: 15 }))
    .concat({ spacing: 'leading', steps: 100 });

  for (const [name, [sample, own, affine]] of Object.entries(samplers)) {
    for (const predictionType of predictionTypes) {
      it.each(layouts)(`${name}, ${predictionType} prediction, $spacing, $steps steps`, async (layout) => {
        const timesteps = spaceTimesteps(100, layout.steps, layout);
        const expected = trajectory(timesteps, affine);
        const seen: { step: number; t: number; xT: ArrayLike<number>; x0: ArrayLike<number> }[] = [];
        const samples = await sample(bestDenoiser(predictionType), alphaBars, {
          ...own,
          ...layout,
          shape,
          predictionType,
          noise,
          onStep: async ({ step, t, xT, x0 }: SamplerStep) => {
            seen.push({ step, t, xT: await xT.data(), x0: await x0.data() });
          },
        });
        expect(seen.map(({ step, t }) => [step, t])).toEqual(Array.from(timesteps, (t, k) => [k + 1, t]));
        seen.forEach(({ t, xT, x0 }, k) => {
          expectClose(xT, expected[k], { abs: 2e-5 });
          const expectedX0 = expected[k].map((x, j) => {
            const a = Math.sqrt(alphaBars[t]);
            const i = j % 6;
            return mu[i] + ((a * s[i] ** 2) / marginalVariance(alphaBars[t], i)) * (x - a * mu[i]);
          });
          // A noise prediction's rounding is magnified by 1 / √ᾱ_t.
          expectClose(x0, expectedX0, { abs: 2e-5 / Math.sqrt(alphaBars[t]) });
        });
        expectClose(await samples.data(), expected[timesteps.length], { abs: 2e-5 });
      });
    }
  }
});

describe('variants of start and end equal the closed form too', () => {
  const image = mu.concat(mu).map((x, j) => x + 0.3 - 0.1 * j);

  for (const [name, [sample, own, affine]] of Object.entries(samplers)) {
    for (const spacing of spacings) {
      const timesteps = spaceTimesteps(100, 15, { spacing });
      const options = { ...own, spacing, shape, steps: 15, predictionType: 'v' as const, noise };

      it.each([0, 4, 14])(`${name}, ${spacing}, from an image noised to step %i`, async (startStep) => {
        const initialImage = tf.tensor(image, shape);
        const start = Array.from(noiseValues(0), (x, j) => {
          const alphaBar = alphaBars[timesteps[startStep]];
          return Math.sqrt(alphaBar) * image[j] + Math.sqrt(1 - alphaBar) * x;
        });
        const visited: number[] = [];
        const samples = await sample(bestDenoiser('v'), alphaBars, {
          ...options,
          initialImage,
          startStep,
          onStep: ({ t }) => {
            visited.push(t);
          },
        });
        const left = timesteps.subarray(startStep);
        expect(visited).toEqual([...left]);
        const expected = trajectory(left, affine, start).at(-1) ?? [];
        expectClose(await samples.data(), expected, { abs: 2e-5 });
        expect(initialImage.isDisposed).toBe(false);
      });

      it(`${name}, ${spacing}, to the noise level of t = 0`, async () => {
        const samples = await sample(bestDenoiser('v'), alphaBars, {
          ...options,
          finalSigma: 'sigma_min',
        });
        const expected = trajectory(timesteps, affine, undefined, alphaBars[0]).at(-1) ?? [];
        expectClose(await samples.data(), expected, { abs: 2e-5 });
      });
    }
  }
});

describe('limits', () => {
  it('DDIM at eta 1 is DDPM with the small variance', async () => {
    const denoiser = bestDenoiser('noise');
    const options = { shape, noise, steps: 25 };
    const a = await sampleDdim(denoiser, alphaBars, { ...options, eta: 1 });
    const b = await sampleDdpm(denoiser, alphaBars, options);
    expectClose(await a.data(), await b.data(), { abs: 2e-5 });
  });

  it('DDIM with many steps follows the probability flow: it carries quantiles to quantiles', async () => {
    const samples = await sampleDdim(bestDenoiser('noise'), alphaBars, { shape, noise, steps: 100 });
    const expected = Array.from(noiseValues(0), (x, j) => {
      const i = j % 6;
      return (
        mu[i] +
        (s[i] * (x - Math.sqrt(alphaBars[99]) * mu[i])) / Math.sqrt(marginalVariance(alphaBars[99], i))
      );
    });
    expectClose(await samples.data(), expected, { abs: 0.05 });
  });

  it('DDPM gives the data distribution: mean and variance of many samples', async () => {
    const many = [2000, 2, 3];
    const samples = await sampleDdpm(bestDenoiser('v'), alphaBars, {
      shape: many,
      predictionType: 'v',
      seed: 5,
    });
    const { mean, variance } = tf.moments(samples, 0);
    const means = await mean.data();
    const variances = await variance.data();
    for (let i = 0; i < 6; i++) {
      // Variance that the discrete chain leaves, by its own recursion.
      let left = 1;
      for (let t = 99; t >= 0; t--) {
        const { slope, deviation } = ddpmSmall(alphaBars[t], alphaBarAt(t - 1), i);
        left = slope ** 2 * left + (t === 0 ? 0 : deviation ** 2);
      }
      expect(Math.abs(means[i] - mu[i])).toBeLessThan(5 * Math.sqrt(left / 2000));
      expect(Math.abs(variances[i] / left - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
    }
  });
});
