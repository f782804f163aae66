import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import { type SolverOptions, sampleDdim, sampleDpmSolver, sampleEuler } from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

// What users of other libraries have stumbled over.
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(1000, { type: 'scaled_linear', betaStart: 0.00085, betaEnd: 0.012 }),
);
const clean = (xT: tf.Tensor) => tf.fill(xT.shape, 0.25);
const options: SolverOptions = { shape: [1, 4], predictionType: 'x0', steps: 8 };

beforeAll(startTestBackend);

it('an end above σ 0 leaves its noise, the default end does not', async () => {
  const deviation = async (finalSigma?: 'sigma_min') => {
    const samples = await (await sampleEuler(clean, alphaBars, { ...options, finalSigma })).data();
    return Math.max(...samples.map((x) => Math.abs(x - 0.25)));
  };
  expect(await deviation()).toBeLessThan(1e-6);
  expect(await deviation('sigma_min')).toBeGreaterThan(1e-3);
});

it('DDIM goes to the next timestep of the list, whatever the spacing', async () => {
  for (const spacing of ['linspace', 'trailing', 'leading'] as const) {
    const seen: { t: number; xT: Float32Array }[] = [];
    await sampleDdim(clean, alphaBars, {
      ...{ shape: [1, 4], predictionType: 'x0', steps: 6, spacing, noise: () => tf.ones([1, 4]) },
      onStep: async ({ t, xT }) => {
        seen.push({ t, xT: (await xT.data()) as Float32Array });
      },
    });
    const [a, b] = [alphaBars[seen[0].t], alphaBars[seen[1].t]];
    const noise = (1 - Math.sqrt(a) * 0.25) / Math.sqrt(1 - a);
    expectClose(seen[1].xT, Array(4).fill(Math.sqrt(b) * 0.25 + Math.sqrt(1 - b) * noise), { abs: 1e-5 });
  }
});

it('an offset that leads beyond the schedule is refused', async () => {
  const run = (steps: number) =>
    sampleEuler(clean, alphaBars, { ...options, steps, spacing: 'leading', stepsOffset: 1 });
  await expect(run(1000)).rejects.toThrow(
    'sampleEuler: stepsOffset is 1; it must be an integer from 0 to 0.',
  );
  await run(8);
});

it('the SDE ends by a step of first order without noise, on x0 itself', async () => {
  const drawn: number[] = [];
  const samples = await sampleDpmSolver(clean, alphaBars, {
    ...options,
    order: 3,
    algorithm: 'sde-dpmsolver++',
    noise: (shape, step) => {
      drawn.push(step);
      return tf.ones(shape);
    },
  });
  expect(drawn).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expectClose(await samples.data(), Array(4).fill(0.25), { abs: 1e-6 });
});

it('DPM-Solver on noise refuses to end at σ 0', async () => {
  const run = sampleDpmSolver(clean, alphaBars, { ...options, algorithm: 'dpmsolver' });
  await expect(run).rejects.toThrow("sampleDpmSolver: finalSigma is 'zero'; it must be 'sigma_min'");
});
