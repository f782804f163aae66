import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Denoiser } from '../../src/diffusion/Denoiser.js';
import { minSnrWeights } from '../../src/diffusion/minSnrWeights.js';
import type { PredictionType } from '../../src/diffusion/predictionType.js';
import { getLossFn, type LossName } from '../../src/losses/getLossFn.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { alphaBars, CHANNELS, linearDenoiser, makeBatch } from './linearDenoiser.js';

beforeAll(startTestBackend);

type Batch = ReturnType<typeof makeBatch>;

/** Prediction minus target of each value, in float64: the weights are those of `linearDenoiser`. */
async function residuals({ x0, t, noise }: Batch, predictionType: PredictionType): Promise<number[]> {
  const [clean, epsilon] = [await x0.data(), await noise.data()];
  const perSample = clean.length / t.length;
  const at = (i: number) => {
    const alphaBar = alphaBars[t[Math.floor(i / perSample)]];
    const [a, b] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
    const target = { noise: epsilon[i], x0: clean[i], v: a * epsilon[i] - b * clean[i] }[predictionType];
    return { xT: a * clean[i] + b * epsilon[i], target };
  };
  const [weight, bias] = [
    [0.5, -0.25, 1, 0.125],
    [0.25, -0.5],
  ];
  return Array.from(clean, (_, i) => {
    const [channel, pixel] = [i % CHANNELS, i - (i % CHANNELS)];
    let prediction = bias[channel];
    for (let c = 0; c < CHANNELS; c++) prediction += at(pixel + c).xT * weight[c * CHANNELS + channel];
    return prediction - at(i).target;
  });
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('diffusionLoss', () => {
  it.each([undefined, 'noise', 'x0', 'v'] as const)('prediction type %s, by hand', async (predictionType) => {
    const { denoiser } = linearDenoiser();
    const batch = makeBatch(4, 1);
    const loss = await expectTensorsKept(1, () =>
      diffusionLoss(denoiser, batch, { alphaBars, predictionType }),
    );
    expect(loss.shape).toEqual([]);
    const errors = await residuals(batch, predictionType ?? 'noise');
    expect((await loss.data())[0]).toBeCloseTo(mean(errors.map((e) => e * e)), 5);
  });

  it('takes another loss', async () => {
    const { denoiser } = linearDenoiser();
    const batch = makeBatch(3, 2);
    const loss = (prediction: tf.Tensor, target: tf.Tensor) =>
      tf.mean(tf.abs(tf.sub(prediction, target))) as tf.Scalar;
    const [value] = await diffusionLoss(denoiser, batch, { alphaBars, loss }).data();
    expect(value).toBeCloseTo(mean((await residuals(batch, 'noise')).map(Math.abs)), 5);
  });

  it.each(['noise', 'x0', 'v'] as const)(
    'weighs each sample by min-SNR, prediction type %s',
    async (predictionType) => {
      const { denoiser } = linearDenoiser();
      const batch = makeBatch(4, 1);
      const options = { alphaBars, predictionType, minSnrGamma: 1.5 };
      const loss = await expectTensorsKept(1, () => diffusionLoss(denoiser, batch, options));
      expect(loss.shape).toEqual([]);
      const weights = minSnrWeights(alphaBars, { gamma: 1.5, predictionType });
      const errors = await residuals(batch, predictionType);
      const perSample = errors.length / batch.t.length;
      const weighted = errors.map((e, i) => weights[batch.t[Math.floor(i / perSample)]] * e * e);
      const expected = mean(weighted);
      expect((await loss.data())[0]).toBeCloseTo(expected, 5);
      expect(Math.abs(expected - mean(errors.map((e) => e * e)))).toBeGreaterThan(0.01);
    },
  );

  it.each<LossName>(['mse', 'l1', 'charbonnier', 'ssim', 'hybrid_light'])(
    'weighs any loss by min-SNR: %s',
    async (name) => {
      const { denoiser } = linearDenoiser();
      const batch = makeBatch(3, 2);
      const loss = getLossFn(name);
      const weights = minSnrWeights(alphaBars, { gamma: 2 });
      const weightsOfBatch = Array.from(batch.t, (t) => weights[t]);
      const weighted = (prediction: tf.Tensor, target: tf.Tensor) =>
        loss(prediction, target, { weights: weightsOfBatch });
      const [expected] = await diffusionLoss(denoiser, batch, { alphaBars, loss: weighted }).data();
      const [plain] = await diffusionLoss(denoiser, batch, { alphaBars, loss }).data();
      const [value] = await diffusionLoss(denoiser, batch, { alphaBars, loss, minSnrGamma: 2 }).data();
      expect(value).toBeCloseTo(expected, 5);
      expect(Math.abs(value - plain)).toBeGreaterThan(0.001);
    },
  );

  it(
    'weighs x0 by a power of the signal-to-noise ratio: ' +
      'at 1 it is the loss of the noise that x0 implies',
    async () => {
      const { denoiser } = linearDenoiser();
      const batch = makeBatch(4, 1);
      const lossWith = async (options: Partial<Parameters<typeof diffusionLoss>[2]>) => {
        const whole = { alphaBars, predictionType: 'x0' as const, ...options };
        return (
          await expectTensorsKept(1, () => diffusionLoss(denoiser, batch, whole)).then((loss) => loss.data())
        )[0];
      };
      const errors = await residuals(batch, 'x0');
      const perSample = errors.length / batch.t.length;
      const snr = (i: number) => {
        const alphaBar = alphaBars[batch.t[Math.floor(i / perSample)]];
        return alphaBar / (1 - alphaBar);
      };
      for (const power of [0.25, 1]) {
        const expected = mean(errors.map((e, i) => snr(i) ** power * e * e));
        expect((await lossWith({ snrPower: power })) / expected).toBeCloseTo(1, 5);
      }
      const both = mean(errors.map((e, i) => Math.sqrt(snr(i)) * Math.min(snr(i), 2) * e * e));
      expect((await lossWith({ snrPower: 0.5, minSnrGamma: 2 })) / both).toBeCloseTo(1, 5);
      expect(await lossWith({ snrPower: 0 })).toBe(await lossWith({}));
      await expect(lossWith({ snrPower: -1 })).rejects.toThrow(/^diffusionLoss: snrPower is -1/);
    },
  );

  it('refuses min-SNR with a loss of no values a sample, or a gamma of 0', async () => {
    const { denoiser } = linearDenoiser();
    const batch = makeBatch(3, 2);
    const loss = (prediction: tf.Tensor, target: tf.Tensor) =>
      tf.mean(tf.squaredDifference(prediction, target));
    await expectTensorsKept(0, () => {
      expect(() => diffusionLoss(denoiser, batch, { alphaBars, loss, minSnrGamma: 5 })).toThrow(
        /^diffusionLoss: the loss's shape with reduction 'none' is \[\]; it must be \[3\]/,
      );
      expect(() => diffusionLoss(denoiser, batch, { alphaBars, minSnrGamma: 0 })).toThrow(/gamma is 0/);
    });
  });

  it('drops values in training only', async () => {
    const denoiser = layersDenoiser(
      unetAttD({ inChannels: 1, filterConfig: [2, 2, 2, 2, 2, 2], dropoutRate: 0.5, timeEmbeddingDim: 2 }),
    );
    const images = (seed: number) => tf.randomNormal([2, 32, 32, 1], 0, 1, 'float32', seed);
    const batch = { x0: images(1), noise: images(2), t: Int32Array.of(1, 7) };
    const lossOf = async (training?: boolean, step?: number) =>
      (await diffusionLoss(denoiser, batch, { alphaBars, training, step }).data())[0];
    expect(await lossOf()).toBe(await lossOf(false, 3));
    const first = await lossOf(true);
    expect(await lossOf(true, 0)).toBe(first);
    expect(await lossOf(true, 1)).not.toBe(first);
  });

  it('takes timesteps between two of the schedule, and tells the denoiser of them', async () => {
    const { denoiser } = linearDenoiser();
    const batch = makeBatch(2, 1);
    const t = Float32Array.of(2.25, 7);
    // σ lies between those of timesteps 2 and 3, as a schedule with a level more would have it.
    const sigmas = [2, 3].map((i) => Math.sqrt((1 - alphaBars[i]) / alphaBars[i]));
    const between = 1 / (1 + (0.75 * sigmas[0] + 0.25 * sigmas[1]) ** 2);
    const denser = [...alphaBars.slice(0, 3), between, ...alphaBars.slice(3)];
    for (const options of [{}, { minSnrGamma: 0.5 }, { snrPower: 0.5, minSnrGamma: 2 }]) {
      const values = await diffusionLoss(denoiser, { ...batch, t }, { alphaBars, ...options }).data();
      const same = { ...batch, t: Int32Array.of(3, 8) };
      const expected = await diffusionLoss(denoiser, same, { alphaBars: denser, ...options }).data();
      expect(values[0]).toBeCloseTo(expected[0], 6);
      const other = { ...batch, t: Int32Array.of(2, 7) };
      const whole = await diffusionLoss(denoiser, other, { alphaBars, ...options }).data();
      expect(Math.abs(values[0] - whole[0])).toBeGreaterThan(1e-3);
    }
    const seen: [string, number[]][] = [];
    const watch: Denoiser = (xT, ts) => {
      seen.push([ts.dtype, Array.from(ts.dataSync())]);
      return tf.zerosLike(xT);
    };
    for (const times of [t, Int32Array.of(2, 7)]) diffusionLoss(watch, { ...batch, t: times }, { alphaBars });
    expect(seen).toEqual([
      ['float32', [2.25, 7]],
      ['int32', [2, 7]],
    ]);
  });

  it('refuses timesteps outside the schedule, and leaves nothing behind', async () => {
    const { denoiser } = linearDenoiser();
    const batch = { ...makeBatch(2, 3), t: Int32Array.of(3, 10) };
    await expectTensorsKept(0, () =>
      expect(() => diffusionLoss(denoiser, batch, { alphaBars })).toThrow(/qSample/),
    );
    const beyond = { ...batch, t: Float32Array.of(3, 9.5) };
    expect(() => diffusionLoss(denoiser, beyond, { alphaBars })).toThrow(/^qSample: t\[1\] is 9\.5/);
  });
});
