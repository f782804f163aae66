import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, spaceTimesteps } from '../../src/diffusion/index.js';
import { randomNormal } from '../../src/internal/philox.js';
import {
  type DynamicThresholdingOptions,
  sampleDdim,
  sampleDdpm,
  sampleEuler,
} from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(50, { type: 'linear', betaStart: 1e-3, betaEnd: 0.2 }),
);
const shape = [2, 3, 5];
const size = 15;

/** The quantile by sorting, interpolated as numpy and torch do. */
function quantile(values: number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = ratio * (sorted.length - 1);
  const rank = Math.floor(position);
  const next = sorted[Math.min(rank + 1, sorted.length - 1)];
  return sorted[rank] + (position - rank) * (next - sorted[rank]);
}

/** Each half of the values thresholded for itself, in float64. */
function threshold(
  x0: number[],
  { ratio = 0.995, sampleMaxValue = Number.POSITIVE_INFINITY }: DynamicThresholdingOptions,
  [min, max]: readonly [number, number] = [-1, 1],
): number[] {
  const [middle, half] = [(min + max) / 2, (max - min) / 2];
  return [0, size].flatMap((start) => {
    const sample = x0.slice(start, start + size).map((x) => (x - middle) / half);
    const limit = Math.min(Math.max(1, quantile(sample.map(Math.abs), ratio)), sampleMaxValue);
    return sample.map((x) => middle + (half * Math.min(Math.max(x, -limit), limit)) / limit);
  });
}

beforeAll(startTestBackend);

describe('x0 of a single step', () => {
  // The second sample is within [−1, 1], the first is not.
  const values = Array.from(randomNormal(2 * size, { seed: 3, stream: 9, step: 0 }), (x, i) =>
    i < size ? 3 * x : 0.3 * x,
  );
  const x0Of = async (
    dynamicThresholding: DynamicThresholdingOptions,
    clip?: [number, number],
    x0 = tf.tensor(values, shape),
  ) => {
    const found = [sampleDdpm, sampleDdim, sampleEuler].map(async (sample) => {
      let estimate: number[] = [];
      await sample(() => x0, alphaBars, {
        ...{ shape: x0.shape, timesteps: [20], predictionType: 'x0', dynamicThresholding, clip },
        onStep: async (step) => {
          estimate = [...(await step.x0.data())];
        },
      });
      return estimate;
    });
    const [ddpm, ...others] = await Promise.all(found);
    for (const other of others) expect(other).toEqual(ddpm);
    return ddpm;
  };

  it.each([
    {},
    { ratio: 0.5 },
    { ratio: 0.9 },
    { ratio: 0 },
    { ratio: 1 },
    { ratio: 0.9, sampleMaxValue: 1.5 },
    { ratio: 13 / 14 },
  ])('equals the quantile by sorting: %j', async (options) => {
    expectClose(await x0Of(options), threshold(values, options), { abs: 1e-6 });
  });

  it('scales a sample beyond the range into it, and leaves one within it alone', async () => {
    const x0 = await x0Of({ ratio: 1 });
    expect(Math.max(...x0.slice(0, size).map(Math.abs))).toBeCloseTo(1, 6);
    expectClose(x0.slice(size), values.slice(size), { abs: 1e-7 });
  });

  it('is plain clipping at a largest limit of 1', async () => {
    const clipped = values.map((x) => Math.min(Math.max(x, -1), 1));
    expectClose(await x0Of({ sampleMaxValue: 1 }), clipped, { abs: 1e-6 });
  });

  it('works around the middle of another range', async () => {
    const x0 = await x0Of({ ratio: 0.8 }, [0, 1]);
    expectClose(x0, threshold(values, { ratio: 0.8 }, [0, 1]), { abs: 1e-6 });
    expect(Math.min(...x0)).toBeGreaterThanOrEqual(-1e-6);
  });

  it('takes samples of a single element', async () => {
    const x0 = await x0Of({}, undefined, tf.tensor1d([0.5, -4, 9]));
    expectClose(x0, [0.5, -1, 1], { abs: 1e-6 });
  });

  it('refuses bad options by name', async () => {
    await expect(x0Of({ ratio: 1.1 })).rejects.toThrow('sampleDdpm: dynamicThresholding.ratio is 1.1');
    await expect(x0Of({ sampleMaxValue: 0.5 })).rejects.toThrow(
      'sampleDdpm: dynamicThresholding.sampleMaxValue is 0.5',
    );
  });
});

// A denoiser whose noise is 0.6 x: x0 leaves [−1, 1] in most steps.
const share = 0.6;
const noiseValues = (step: number) =>
  Array.from(randomNormal(2 * size, { seed: 4, stream: 9, step }), (x) => 2 * x);

describe.each([
  ['DDIM, eta 0', 0, false],
  ['DDIM, eta 0.7', 0.7, false],
  ['DDIM, eta 0.7, noise from the thresholded x0', 0.7, true],
  ['DDPM', 1, true],
] as const)('a whole run equals one in float64: %s', (name, eta, useClippedModelOutput) => {
  it.each([{ ratio: 0.8 }, { ratio: 0.8, sampleMaxValue: 2 }])('%j', async (dynamicThresholding) => {
    const timesteps = spaceTimesteps(50, 10, { spacing: 'trailing' });
    let x = noiseValues(0);
    timesteps.forEach((t, k) => {
      const alphaBar = alphaBars[t];
      const previous = k < 9 ? alphaBars[timesteps[k + 1]] : 1;
      const raw = x.map((value) => (value - Math.sqrt(1 - alphaBar) * share * value) / Math.sqrt(alphaBar));
      const x0 = threshold(raw, dynamicThresholding);
      // Song et al. 2021, equations 12 and 16; at eta 1 with ε from x0 this is the posterior of DDPM.
      const variance = eta ** 2 * ((1 - previous) / (1 - alphaBar)) * (1 - alphaBar / previous);
      const fresh = noiseValues(k + 1);
      x = x.map((value, i) => {
        const epsilon = useClippedModelOutput
          ? (value - Math.sqrt(alphaBar) * x0[i]) / Math.sqrt(1 - alphaBar)
          : share * value;
        const direction = Math.sqrt(Math.max(0, 1 - previous - variance)) * epsilon;
        return Math.sqrt(previous) * x0[i] + direction + Math.sqrt(variance) * fresh[i];
      });
    });
    const denoiser = (xT: tf.Tensor) => tf.mul(xT, share);
    const options = {
      shape,
      steps: 10,
      spacing: 'trailing' as const,
      dynamicThresholding,
      noise: (noiseShape: number[], step: number) => tf.tensor(noiseValues(step), noiseShape),
    };
    const samples = await expectTensorsKept(1, () =>
      name === 'DDPM'
        ? sampleDdpm(denoiser, alphaBars, options)
        : sampleDdim(denoiser, alphaBars, { ...options, eta, useClippedModelOutput }),
    );
    expectClose(await samples.data(), x, { abs: 2e-5 });
  });
});
