import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from '../../src/diffusion/index.js';
import {
  type Denoiser,
  gaussianNoise,
  type SampleDdimOptions,
  type SampleDdpmOptions,
  type SamplerStep,
  sampleDdim,
  sampleDdpm,
} from '../../src/samplers/index.js';
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

describe('single steps', () => {
  // √ᾱ 0.8 at t = 1 and 0.9 at t = 0; x0 of the prediction: (1.4 − 0.6) / 0.8 = 1 and (0 + 1.2) / 0.8 = 1.5.
  const bars = [0.81, 0.64];
  const sigma = (alphaBar: number) => Math.sqrt(1 / alphaBar - 1);

  /** One step of a sampler from t = 1 down to another level, t = 0 unless given. */
  async function step(
    sample: typeof sampleDdim | typeof sampleDdpm,
    own: Partial<SampleDdimOptions & SampleDdpmOptions>,
    { drawn = [0, 0], prediction = [1, -2], end = sigma(0.81) } = {},
  ) {
    const x0: number[] = [];
    const size = own.shape?.[0] ?? 2;
    const options = {
      ...{ shape: [2], timesteps: [1], sigmas: [sigma(0.64), end] },
      noise: (_: number[], index: number) => tf.tensor1d((index === 0 ? [1.4, 0] : drawn).slice(0, size)),
      onStep: async (told: SamplerStep) => {
        x0.push(...(await told.x0.data()));
      },
      ...own,
    };
    const result = await sample(() => tf.tensor1d(prediction), bars, options);
    return { previous: await result.data(), x0 };
  }

  it('sampleDdim clips x0 and leaves the predicted noise', async () => {
    const { previous, x0 } = await step(sampleDdim, { clip: [-0.5, 0.5] });
    expectClose(x0, [0.5, 0.5], { abs: 1e-6 });
    const direction = Math.sqrt(0.19);
    expectClose(previous, [0.45 + direction, 0.45 - 2 * direction], { abs: 1e-6 });
  });

  it('sampleDdim takes the noise from the clipped x0 with useClippedModelOutput', async () => {
    const { previous } = await step(sampleDdim, { clip: [-0.5, 0.5], useClippedModelOutput: true });
    const noise = [(1.4 - 0.8 * 0.5) / 0.6, (0 - 0.8 * 0.5) / 0.6];
    expectClose(
      previous,
      noise.map((x) => 0.45 + Math.sqrt(0.19) * x),
      { abs: 1e-6 },
    );
  });

  it('sampleDdpm clips x0 before it takes the mean, and adds noise of the variance', async () => {
    const clip = [-0.5, 0.5] as const;
    const { previous, x0 } = await step(sampleDdpm, { clip });
    expectClose(x0, [0.5, 0.5], { abs: 1e-6 });
    // Posterior of Ho et al. 2020, equation 7: alpha = 0.64 / 0.81, beta = 1 − alpha.
    const alpha = 0.64 / 0.81;
    const [cX0, cXT] = [(0.9 * (1 - alpha)) / 0.36, (Math.sqrt(alpha) * 0.19) / 0.36];
    const mean = [cX0 * 0.5 + cXT * 1.4, cX0 * 0.5];
    expectClose(previous, mean, { abs: 1e-6 });
    const [small, large] = [(0.19 / 0.36) * (1 - alpha), 1 - alpha];
    for (const [variance, deviation] of [
      ['fixed_small', Math.sqrt(small)],
      ['fixed_small_log', Math.sqrt(small)],
      ['fixed_large', Math.sqrt(large)],
    ] as const) {
      const noisy = await step(sampleDdpm, { clip, variance }, { drawn: [1, -3] });
      expectClose(noisy.previous, [mean[0] + deviation, mean[1] - 3 * deviation], { abs: 1e-6 });
    }
  });

  it('sampleDdpm lays a learned variance between the small and the large one, by its logarithm', async () => {
    const alpha = 0.64 / 0.81;
    const [small, large] = [(0.19 / 0.36) * (1 - alpha), 1 - alpha];
    const at = (place: number) =>
      step(sampleDdpm, { shape: [1], variance: 'learned_range' }, { drawn: [1], prediction: [1, place] });
    const [low, middle, high] = await Promise.all([-1, 0, 1].map(at));
    const { previous: mean } = await step(sampleDdpm, { shape: [1] }, { prediction: [1] });
    expectClose(low.previous, [mean[0] + Math.sqrt(small)], { abs: 1e-6 });
    expectClose(high.previous, [mean[0] + Math.sqrt(large)], { abs: 1e-6 });
    expectClose(middle.previous, [mean[0] + (small * large) ** 0.25], { abs: 1e-6 });
  });

  it('step to the clean image without noise, whatever the variance', async () => {
    const clean = { drawn: [100, 100], end: 0 };
    const ddpm = await step(sampleDdpm, { variance: 'fixed_large' }, clean);
    expectClose(ddpm.previous, [1, 1.5], { abs: 1e-6 });
    const ddim = await step(sampleDdim, { eta: 1 }, clean);
    expectClose(ddim.previous, [1, 1.5], { abs: 1e-6 });
  });

  it('refuse an eta outside [0, 1], an unknown variance, and a learned one without its channels', async () => {
    const learned = { variance: 'learned_range' as const };
    await expect(step(sampleDdim, { eta: 1.1 })).rejects.toThrow('sampleDdim: eta is 1.1');
    await expect(step(sampleDdpm, { variance: 'learned' as 'fixed_small' })).rejects.toThrow(
      "sampleDdpm: variance is 'learned'; it must be one of 'fixed_small', 'fixed_small_log',",
    );
    await expectTensorsKept(0, () =>
      expect(step(sampleDdpm, learned)).rejects.toThrow(
        "sampleDdpm: prediction.shape is [2]; it must be [4], 2 times xT's channels",
      ),
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
