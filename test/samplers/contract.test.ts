import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from '../../src/diffusion/index.js';
import { type Denoiser, gaussianNoise, sampleDdim, sampleDdpm } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

const betas = makeBetaSchedule(20, { type: 'linear', betaStart: 0.01, betaEnd: 0.3 });
const { alphaBars } = computeAlphaSchedule(betas);
const shape = [2, 3];
const half: Denoiser = (xT) => tf.mul(tf.add(xT, 0), 0.5);

beforeAll(startTestBackend);

describe.each([
  ['sampleDdpm', sampleDdpm, {}],
  ['sampleDdim', sampleDdim, {}],
  ['sampleDdim at eta 1', sampleDdim, { eta: 1 }],
] as const)('%s', (name, sample, own) => {
  const functionName = name.split(' ')[0];

  it('is determined by the seed', async () => {
    const run = async (seed?: number) =>
      Array.from(await (await sample(half, alphaBars, { ...own, shape, seed })).data());
    expect(await run(3)).toEqual(await run(3));
    expect(await run(0)).toEqual(await run());
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('tells the denoiser each timestep as int32 [batch], and runs all of a short schedule by default', async () => {
    const seen: tf.Tensor1D[] = [];
    const denoiser: Denoiser = (xT, ...rest) => {
      const [t, condition, call] = rest;
      expect([condition, call]).toEqual(['any', { training: false, step: 0 }]);
      expect([t.dtype, t.shape, xT.shape]).toEqual(['int32', [2], shape]);
      seen.push(tf.keep(tf.clone(t)));
      return half(xT, ...rest);
    };
    await sample(denoiser, alphaBars, { ...own, shape, condition: 'any' });
    const timesteps = await Promise.all(seen.map((t) => t.data()));
    expect(timesteps.map((t) => [...t])).toEqual(Array.from({ length: 20 }, (_, i) => [19 - i, 19 - i]));
  });

  it.each([
    ['the clean image', {}, 4],
    ['ᾱ₀ from t = 0', { finalSigma: 'sigma_min' }, 4],
    ['ᾱ₀ from above', { finalSigma: 'sigma_min', spacing: 'trailing' }, 5],
  ] as const)(
    'asks for noise once at the start, then only for steps that add some: to %s',
    async (_, end, last) => {
      const asked: [number[], number][] = [];
      await sample(half, alphaBars, {
        ...own,
        ...end,
        shape,
        steps: 5,
        noise: (noiseShape, step) => {
          asked.push([noiseShape, step]);
          return tf.zeros(noiseShape);
        },
      });
      const steps = name === 'sampleDdim' ? [0] : Array.from({ length: last + 1 }, (__, step) => step);
      expect(asked).toEqual(steps.map((step) => [shape, step]));
    },
  );

  it('clips the estimate of x0, which the last step returns', async () => {
    const estimates: Float32Array[] = [];
    const samples = await sample(half, alphaBars, {
      ...own,
      shape,
      clip: [-0.01, 0.02],
      onStep: async ({ x0 }) => {
        estimates.push((await x0.data()) as Float32Array);
      },
    });
    for (const x of estimates.flatMap((values) => [...values])) {
      expect(x).toBeGreaterThanOrEqual(Math.fround(-0.01));
      expect(x).toBeLessThanOrEqual(Math.fround(0.02));
    }
    expectClose(await samples.data(), estimates[19], { abs: 1e-7 });
  });

  it('leaves the samples alone behind', async () => {
    const options = { ...own, shape };
    await expectTensorsKept(1, () => sample(half, alphaBars, options));
    await expectTensorsKept(1, () => sample((xT) => xT, alphaBars, { ...options, predictionType: 'x0' }));
    const onStep = async () => tf.nextFrame();
    await expectTensorsKept(1, () => sample(half, alphaBars, { ...options, onStep, clip: [0, 1] }));
  });

  it('disposes the tensors of onStep after its promise has settled, not before', async () => {
    const given: tf.Tensor[] = [];
    await sample(half, alphaBars, {
      ...own,
      shape,
      steps: 3,
      onStep: async ({ xT, x0 }) => {
        expect(given.every((tensor) => tensor.isDisposed)).toBe(true);
        await tf.nextFrame();
        expect([xT.isDisposed, x0.isDisposed]).toEqual([false, false]);
        given.push(xT, x0);
      },
    });
    expect(given).toHaveLength(6);
    expect(given.every((tensor) => tensor.isDisposed)).toBe(true);
  });

  it('does not dispose tensors that the caller keeps', async () => {
    const start = tf.ones(shape);
    const prediction = tf.zeros(shape);
    await expectTensorsKept(1, () =>
      sample(() => prediction, alphaBars, { ...own, shape, noise: () => start }),
    );
    expect([start.isDisposed, prediction.isDisposed]).toEqual([false, false]);
  });

  it('leaves nothing behind when the denoiser, the noise source or onStep throws', async () => {
    const options = { ...own, shape };
    const throwAt = (call: number) => {
      let calls = 0;
      return () => {
        if (++calls === call) throw new Error('stop here');
      };
    };
    for (const call of [1, 4]) {
      await expectTensorsKept(0, async () => {
        const stop = throwAt(call);
        const denoiser: Denoiser = (...input) => {
          const prediction = half(...input);
          stop();
          return prediction;
        };
        await expect(sample(denoiser, alphaBars, options)).rejects.toThrow('stop here');
      });
      await expectTensorsKept(0, async () => {
        const onStep = throwAt(call);
        await expect(sample(half, alphaBars, { ...options, onStep })).rejects.toThrow('stop here');
      });
    }
    await expectTensorsKept(0, async () => {
      const stop = throwAt(1);
      const noise = (noiseShape: number[]) => {
        const values = tf.zeros(noiseShape);
        stop();
        return values;
      };
      await expect(sample(half, alphaBars, { ...options, noise })).rejects.toThrow('stop here');
    });
  });

  it.each([
    [{ shape: [] }, 'shape is []; it must be [batch, …] of positive integers.'],
    [{ shape: [2, 0] }, 'shape is [2, 0]'],
    [{ noise: () => tf.zeros([3]) }, 'noise(…).shape is [3]; it must be [2,3].'],
  ])('refuses %j', async (options, message) => {
    await expectTensorsKept(0, async () => {
      const run = sample(half, alphaBars, { ...own, shape, ...options });
      await expect(run).rejects.toThrow(`${functionName}: ${message}`);
    });
  });

  it('refuses wrong steps, seeds, limits and predictions', async () => {
    const run = (options: object, denoiser = half) =>
      sample(denoiser, alphaBars, { ...own, shape, ...options });
    await expect(run({ steps: 21 })).rejects.toThrow('steps is 21; it must be an integer from 1 to 20.');
    await expect(run({ spacing: 'even' })).rejects.toThrow("spacing is 'even'");
    await expect(run({ seed: -1 })).rejects.toThrow('seed is -1');
    await expect(run({ clip: [1, 1] })).rejects.toThrow('clip is [1, 1]; it must be two ascending numbers.');
    await expect(run({ predictionType: 'epsilon' })).rejects.toThrow("predictionType is 'epsilon'");
    await expect(run({}, () => tf.zeros([2, 1]))).rejects.toThrow(
      "prediction.shape is [2, 1]; it must be [2,3] as xT's.",
    );
  });

  it('keeps the initial image, and refuses a start that does not fit', async () => {
    const initialImage = tf.ones(shape);
    const run = (options: object) => sample(half, alphaBars, { ...own, shape, ...options });
    await expectTensorsKept(1, () => run({ initialImage, startStep: 10, finalSigma: 'sigma_min' }));
    expect(initialImage.isDisposed).toBe(false);
    await expectTensorsKept(0, async () => {
      await expect(run({ startStep: 1 })).rejects.toThrow(
        `${functionName}: startStep is 1; it must be 0 without an initialImage.`,
      );
      await expect(run({ initialImage, startStep: 20 })).rejects.toThrow(
        `${functionName}: startStep is 20; it must be an integer from 0 to 19.`,
      );
      await expect(run({ initialImage, steps: 5, startStep: 5 })).rejects.toThrow('from 0 to 4.');
      await expect(run({ initialImage, shape: [3, 2] })).rejects.toThrow(
        `${functionName}: initialImage.shape is [2, 3]; it must be [3,2].`,
      );
    });
  });

  it('samples a schedule of zero terminal SNR by v prediction, and refuses noise prediction there', async () => {
    const zero = computeAlphaSchedule(rescaleZeroTerminalSnr(betas)).alphaBars;
    const samples = await sample(half, zero, { ...own, shape, predictionType: 'v' });
    for (const x of await samples.data()) expect(Number.isFinite(x)).toBe(true);
    await expect(sample(half, zero, { ...own, shape })).rejects.toThrow(
      "alphaBars[t] is 0; it must be above 0 for predictionType 'noise'.",
    );
  });
});

describe('gaussianNoise', () => {
  it('depends on seed and step alone', async () => {
    const values = async (seed: number, step: number, noiseShape = [4, 3]) =>
      Array.from(await gaussianNoise(seed)(noiseShape, step).data());
    const reference = await values(1, 2);
    expect(await values(1, 2)).toEqual(reference);
    expect(await values(1, 2, [12])).toEqual(reference);
    expect(await values(1, 3)).not.toEqual(reference);
    expect(await values(2, 2)).not.toEqual(reference);
  });

  it('has mean 0 and variance 1', async () => {
    const { mean, variance } = tf.moments(gaussianNoise(0)([10000], 0));
    expect(Math.abs((await mean.data())[0])).toBeLessThan(0.04);
    expect(Math.abs((await variance.data())[0] - 1)).toBeLessThan(0.06);
  });

  it('refuses a bad seed', () => {
    expect(() => gaussianNoise(0.5)).toThrow('gaussianNoise: seed is 0.5');
  });
});
