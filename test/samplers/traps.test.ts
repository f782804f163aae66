import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import {
  type Denoiser,
  type SolverOptions,
  sampleDdim,
  sampleDdpm,
  sampleDpmPlusPlus2M,
  sampleDpmSolver,
  sampleEuler,
  sampleRepaint,
  sampleUniPc,
} from '../../src/samplers/index.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import type { SolverRow } from '../support/solvers.js';

// What users of other libraries have stumbled over.
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(1000, { type: 'scaled_linear', betaStart: 0.00085, betaEnd: 0.012 }),
);
const clean = (xT: tf.Tensor) => tf.fill(xT.shape, 0.25);
const sigma = (t: number) => Math.sqrt(1 / alphaBars[t] - 1);
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

/** What a sampler's steps are told: timesteps, and x_t. */
async function steps(sample: SolverRow['sample'], own: Partial<SolverOptions>) {
  const told: { t: number; xT: number }[] = [];
  await sample(clean, alphaBars, {
    ...{ ...options, shape: [1, 1], noise: () => tf.ones([1, 1]), ...own },
    onStep: async ({ t, xT }) => {
      told.push({ t, xT: (await xT.data())[0] });
    },
  });
  return told;
}

it("Euler's linspace timesteps are not rounded, DPM-Solver's and DDIM's are", async () => {
  const linspace = { spacing: 'linspace', steps: 9 } as const;
  const timesteps = async (sample: SolverRow['sample']) => (await steps(sample, linspace)).map(({ t }) => t);
  expect(await timesteps(sampleEuler)).toEqual(Array.from({ length: 9 }, (_, i) => ((8 - i) * 999) / 8));
  expect(await timesteps(sampleDdim)).toEqual([999, 874, 749, 624, 500, 375, 250, 125, 0]);
  expect(await timesteps(sampleDpmPlusPlus2M)).toEqual([999, 888, 777, 666, 555, 444, 333, 222, 111]);
});

it("Karras' levels lie between the chosen timesteps for Euler, over all for DPM-Solver and UniPC", async () => {
  const levels = async (sample: SolverRow['sample']) =>
    (await steps(sample, { sigmas: 'karras', spacing: 'leading', steps: 5 })).map(({ t }) => t);
  const karras = (max: number, min: number) =>
    Array.from({ length: 5 }, (_, i) => (max ** (1 / 7) + (i / 4) * (min ** (1 / 7) - max ** (1 / 7))) ** 7);
  /** The timestep of a level, in ln σ between two trained ones. */
  const timestep = (level: number) => {
    const low = alphaBars.findIndex((_, t) => t === 998 || sigma(t + 1) > level);
    return low + Math.log(level / sigma(low)) / Math.log(sigma(low + 1) / sigma(low));
  };
  expectClose(await levels(sampleEuler), karras(sigma(800), sigma(0)).map(timestep), { abs: 1e-6 });
  const whole = karras(sigma(999), sigma(0)).map((level) => Math.round(timestep(level)));
  expect(await levels(sampleDpmPlusPlus2M)).toEqual(whole);
  expect(await levels(sampleUniPc)).toEqual(whole);
});

it('the start has deviation σ in x̂ for Euler, 1 in x_t for others, and for Euler from below', async () => {
  const start = async (sample: SolverRow['sample'], spacing: SolverOptions['spacing']) =>
    (await steps(sample, { spacing }))[0].xT;
  const last = sigma(999);
  expect(await start(sampleEuler, 'linspace')).toBeCloseTo(last / Math.sqrt(last ** 2 + 1), 6);
  expect(await start(sampleEuler, 'leading')).toBeCloseTo(1, 6);
  expect(await start(sampleDpmPlusPlus2M, 'linspace')).toBeCloseTo(1, 6);
  expect(await start(sampleDdim, 'linspace')).toBeCloseTo(1, 6);
});

it('DDPM that ends from above t = 0 leaves no noise, unless it is to do as diffusers', async () => {
  const own = { variance: 'fixed_large', spacing: 'trailing', steps: 8 } as const;
  const deviation = async (asDiffusers?: boolean) => {
    const samples = await (await sampleDdpm(clean, alphaBars, { ...options, ...own, asDiffusers })).data();
    return Math.max(...samples.map((x) => Math.abs(x - 0.25)));
  };
  expect(await deviation()).toBeLessThan(1e-6);
  expect(await deviation(true)).toBeGreaterThan(0.05);
});

it('levels of ᾱ below 2⁻²⁴ are kept, a ᾱ of 0 is one of 2⁻²⁴ in x̂ and 0 in x_t', async () => {
  const cosine = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'squaredcos_cap_v2' })).alphaBars;
  expect(cosine[999]).toBeLessThan(2 ** -24);
  // What an image of 1 without noise is at the first level: √ᾱ.
  const first = async (sample: SolverRow['sample'], bars: ArrayLike<number>) => {
    const all: number[] = [];
    await sample((xT) => tf.mul(xT, 0), bars, {
      ...{ shape: [1, 1], steps: 2, spacing: 'trailing', predictionType: 'x0' },
      ...{ initialImage: tf.ones([1, 1]), noise: () => tf.zeros([1, 1]) },
      onStep: async ({ xT }) => {
        all.push((await xT.data())[0]);
      },
    });
    return all[0] ** 2;
  };
  const zero = cosine.map((alphaBar, t) => (t === 999 ? 0 : alphaBar));
  for (const sample of [sampleEuler, sampleDpmPlusPlus2M, sampleDdim]) {
    expectClose([await first(sample, cosine)], [cosine[999]], { rel: 1e-5, abs: 0 });
  }
  expectClose([await first(sampleEuler, zero)], [2 ** -24], { rel: 1e-5, abs: 0 });
  expect(await first(sampleDdim, zero)).toBe(0);
});

it('RePaint noises the known part with the noise of the unknown one, and draws at t = 0 too', async () => {
  const drawn: number[] = [];
  let last = 1;
  const black: Denoiser = (xT) => tf.mul(xT, 0);
  await sampleRepaint(black, alphaBars, {
    ...{
      image: tf.zeros([1, 2]),
      mask: tf.tensor2d([[1, 0]]),
      steps: 4,
      jumpLength: 4,
      resamplings: 1,
      eta: 1,
    },
    ...{ predictionType: 'x0' },
    noise: (shape, step) => {
      drawn.push(step);
      return tf.fill(shape, step + 1);
    },
    onStep: async ({ t, xT, step }) => {
      if (step === 1) return;
      const [now, before] = [alphaBars[t], alphaBars[t + 250]];
      const variance = ((1 - now) / (1 - before)) * (1 - before / now);
      last = (Math.sqrt(1 - now - variance) * last) / Math.sqrt(1 - before) + Math.sqrt(variance) * step;
      expectClose(await xT.data(), [Math.sqrt(1 - now) * step, last], { abs: 1e-5 });
    },
  });
  expect(drawn).toEqual([0, 1, 2, 3, 4]);
});
