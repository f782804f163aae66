import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  computeAlphaSchedule,
  gatherSchedule,
  makeBetaSchedule,
  type PredictionType,
  rescaleZeroTerminalSnr,
} from '../../src/diffusion/index.js';
import { randomNormal } from '../../src/internal/philox.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import {
  sampleDdim,
  sampleDdpm,
  sampleDpmPlusPlus2M,
  sampleEuler,
  sampleUniPc,
} from '../../src/samplers/index.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { selfConditionSampling } from '../../src/training/selfConditionSampling.js';
import { selfConditionTraining } from '../../src/training/selfConditionTraining.js';
import { trainStep } from '../../src/training/trainStep.js';
import { variationalBound } from '../../src/training/variationalBound.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const { alphaBars } = computeAlphaSchedule(
  rescaleZeroTerminalSnr(makeBetaSchedule(100, { type: 'linear', betaStart: 1e-3, betaEnd: 0.08 })),
);
const [m, s] = [0.6, 0.4];

const column = (f: (alphaBar: number) => number, t: tf.Tensor) =>
  tf.reshape(gatherSchedule(alphaBars.map(f), t), [-1, 1]);
/** The best predictor of data N(m, s²). */
const best = (predictionType: PredictionType) => (xT: tf.Tensor, t: tf.Tensor1D) => {
  const [a, sigma] = [column(Math.sqrt, t), column((alphaBar) => Math.sqrt(1 - alphaBar), t)];
  const z = tf.div(
    tf.sub(xT, tf.mul(a, m)),
    column((alphaBar) => alphaBar * s ** 2 + 1 - alphaBar, t),
  );
  const x0 = tf.add(m, tf.mul(tf.mul(a, s ** 2), z));
  return predictionType === 'x0' ? x0 : tf.sub(tf.mul(tf.mul(a, sigma), z), tf.mul(sigma, x0));
};

async function meanAndDeviation(samples: tf.Tensor): Promise<[number, number]> {
  const { mean, variance } = tf.moments(samples);
  return [(await mean.data())[0], Math.sqrt((await variance.data())[0])];
}

describe('a schedule that ends at nothing but noise', () => {
  it.each([
    ['DDIM', sampleDdim],
    ['DDPM', sampleDdpm],
    ['DPM++ 2M', sampleDpmPlusPlus2M],
    ['Euler', sampleEuler],
    ['UniPC', sampleUniPc],
  ] as const)('is sampled from its last timestep by %s, v and x0 prediction', async (_, sample) => {
    for (const predictionType of ['v', 'x0'] as const) {
      const seen: number[] = [];
      const samples = await sample(best(predictionType), alphaBars, {
        ...{ shape: [4096, 1], steps: 100, spacing: 'trailing', predictionType, seed: 3 },
        onStep: ({ t }) => {
          seen.push(t);
        },
      });
      expect(seen[0]).toBe(99);
      const [mean, deviation] = await meanAndDeviation(samples);
      expect(Math.abs(mean - m)).toBeLessThan(0.03);
      expect(Math.abs(deviation / s - 1)).toBeLessThan(0.08);
    }
    await expect(
      sample((xT) => xT, alphaBars, { shape: [1, 1], steps: 5, spacing: 'trailing' }),
    ).rejects.toThrow(/'noise'/);
  });

  it('trains by v and by x0, at the last timestep too', async () => {
    // A network of one number a timestep: all that can be told of N(m, s²) where x_t is nothing but noise is its mean.
    for (const predictionType of ['v', 'x0'] as const) {
      const answer = tf.variable(tf.scalar(0));
      const optimizer = new AdamW({ learningRate: 0.05, weightDecay: 0 });
      for (let step = 0; step < 120; step++) {
        const draw = (stream: number) => tf.tensor2d(randomNormal(256, { seed: 1, stream, step }), [256, 1]);
        const [normals, noise] = [draw(1), draw(2)];
        const x0 = tf.tidy(() => tf.add(m, tf.mul(normals, s)));
        const { loss } = await trainStep(
          (xT) => tf.mul(tf.onesLike(xT), answer),
          [{ x0, noise, t: new Int32Array(256).fill(99) }],
          { alphaBars, predictionType, step, optimizer, parameters: [{ name: 'answer', variable: answer }] },
        );
        expect(Number.isFinite(loss)).toBe(true);
        tf.dispose([normals, noise, x0]);
      }
      expect(Math.abs((await answer.data())[0] - (predictionType === 'v' ? -m : m))).toBeLessThan(0.05);
      answer.dispose();
    }
  });

  it('is refused by name with noise prediction', async () => {
    const message =
      /: predictionType is 'noise'; it must be 'v' or 'x0' where alphaBars ends at 0 \(zero terminal SNR\)/;
    const batch = { x0: tf.ones([1, 1]), noise: tf.ones([1, 1]), t: Int32Array.of(4) };
    const denoiser = (xT: tf.Tensor) => tf.clone(xT);
    expect(() => diffusionLoss(denoiser, batch, { alphaBars })).toThrow(message);
    expect(() => selfConditionTraining(denoiser, { alphaBars })).toThrow(message);
    expect(() => selfConditionSampling(denoiser, { alphaBars })).toThrow(message);
    await expect(variationalBound(denoiser, batch.x0, { alphaBars })).rejects.toThrow(message);
    const parameters = [{ name: 'x', variable: tf.variable(tf.scalar(1)) }];
    const options = { alphaBars, parameters, optimizer: new AdamW(), step: 0 };
    await expect(trainStep(denoiser, [batch], options)).rejects.toThrow(message);
    const near = alphaBars.map((alphaBar) => Math.max(alphaBar, 1e-9));
    expect(Number.isFinite((await diffusionLoss(denoiser, batch, { alphaBars: near }).data())[0])).toBe(true);
  });
});
