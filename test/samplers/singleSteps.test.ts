import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type SampleDdimOptions,
  type SampleDdpmOptions,
  type SamplerStep,
  sampleDdim,
  sampleDdpm,
} from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

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
