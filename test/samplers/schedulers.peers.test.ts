import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, getVelocity, qSample } from '../../src/diffusion/index.js';
import { guidedPrediction, type NoiseSource, sampleDpmPlusPlus2M } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixtureValues } from '../support/fixtures.js';
import { type Runner, runnerOf, solver } from '../support/schedulerAdapters.js';
import {
  alphaBarsOf,
  betasOf,
  readSteps,
  type SchedulerCase,
  schedulerFile,
  sineDenoiser,
  timestepsOf,
} from '../support/schedulerCases.js';

it('sampleDpmPlusPlus2M is the multistep solver of order 2', async () => {
  const found = schedulerFile.cases.filter(
    ({ class: name, config }) =>
      name === 'DPMSolverMultistepScheduler' &&
      config.algorithm_type === 'dpmsolver++' &&
      config.solver_order === 2 &&
      config.solver_type === 'midpoint' &&
      config.final_sigmas_type === 'zero' &&
      config.variance_type === null,
  );
  expect(found.length).toBeGreaterThan(0);
  // With fewer than 15 steps the two agree: the last one ends at σ 0.
  for (const schedulerCase of found)
    await checkCase(schedulerCase, solver(sampleDpmPlusPlus2M)(schedulerCase));
});

const scaled = ['Euler', 'Heun', 'LMS', 'DPMSolverSDE'];

beforeAll(startTestBackend);

describe('the trajectories of diffusers, step by step', () => {
  for (const schedulerCase of schedulerFile.cases) {
    it(`${schedulerCase.name}, ${schedulerCase.class}`, () =>
      checkCase(schedulerCase, runnerOf(schedulerCase)));
  }
});

async function checkCase(schedulerCase: SchedulerCase, run: Runner): Promise<void> {
  const { name, tolerance, noise_at_step } = schedulerCase;
  const read = (tensor: string) => readSteps(`${name}/${tensor}`);
  const { shape, steps: start } = read('x_init');
  const [inputs, samples, draws] = [read('model_inputs').steps, read('samples').steps, read('noise').steps];
  const noise: NoiseSource = (noiseShape, step) => {
    const index = noise_at_step.indexOf(step - 1);
    if (step === 0) return tf.div(tf.tensor(start[0], noiseShape), schedulerCase.init_noise_sigma);
    return tf.tensor(draws[index] ?? new Float32Array(start[0].length).fill(Number.NaN), noiseShape);
  };
  const seen: tf.Tensor[] = [];
  const told: tf.Tensor[] = [];
  const sine = sineDenoiser(String(schedulerCase.config.variance_type).startsWith('learned'));
  const result = await run(
    (xT, t) => {
      seen.push(tf.keep(tf.clone(xT)));
      told.push(tf.keep(tf.clone(t)));
      return sine(xT, t);
    },
    { shape, noise },
  );
  const timesteps = timestepsOf(schedulerCase);
  expect(seen).toHaveLength(timesteps.length);
  for (const [k, t] of told.entries()) {
    expectClose(await t.data(), Array(shape[0]).fill(timesteps[k]), { abs: 1e-3, rel: 1e-5 });
  }
  const close = (actual: ArrayLike<number>, expected: Float32Array) =>
    expectClose(actual, expected, {
      abs: tolerance * expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    });
  for (const [k, x] of seen.entries()) close(await x.data(), inputs[k]);
  const end = scaled.some((prefix) => schedulerCase.class.startsWith(prefix)) ? lastSigma(schedulerCase) : 0;
  close(await tf.mul(result, Math.sqrt(end ** 2 + 1)).data(), samples[samples.length - 1]);
  tf.dispose([...seen, ...told, result]);
}

/** σ at which a case ends; Euler's log-linear levels are one more than its steps. */
const lastSigma = ({ sigmas, timesteps }: SchedulerCase) => Number(sigmas?.data[timesteps.data.length] ?? 0);

describe('noising', () => {
  const ofAlphaBars = ['DDIMScheduler', 'DDPMScheduler', 'PNDMScheduler', 'LCMScheduler'];
  const tensorOf = (name: string) => {
    const { shape, steps } = readSteps(name);
    return shape.length > 0 ? tf.tensor(steps[0], shape) : undefined;
  };
  const cases = schedulerFile.cases.filter(({ name }) => readSteps(`${name}/add_noise`).shape.length > 0);

  it.each(cases)('$name, $class', async (schedulerCase) => {
    const { name, add_noise_timesteps: t, tolerance, config } = schedulerCase;
    const read = (tensor: string) => tensorOf(`${name}/${tensor}`) as tf.Tensor;
    const [x, noise, expected] = ['add_noise_x', 'add_noise_noise', 'add_noise'].map(read);
    const close = async (actual: tf.Tensor, wanted: tf.Tensor) => {
      const values = (await wanted.data()) as Float32Array;
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      expectClose(await actual.data(), values, { abs: tolerance * most });
    };
    if (ofAlphaBars.includes(schedulerCase.class)) {
      await close(qSample(x, t, alphaBarsOf(config), noise), expected);
      const velocity = tensorOf(`${name}/velocity`);
      if (velocity) await close(getVelocity(x, t, alphaBarsOf(config), noise), velocity);
      return;
    }
    const sine = sineDenoiser(String(config.variance_type).startsWith('learned'));
    // The others noise an image to the level of a step: a run from there sees it first.
    const run = (common: Partial<Parameters<Runner>[1]>) =>
      runnerOf(schedulerCase)(sine, { shape: x.shape, noise: () => noise, ...common });
    const told: number[] = [];
    await run({ onStep: ({ t: at }) => void told.push(at) });
    const found = t.map((at) => told.findIndex((other) => Math.abs(other - at) < 2e-3));
    expect(Math.max(...found)).toBeGreaterThanOrEqual(0);
    for (const [sample, startStep] of found.entries()) {
      // DPM-Solver SDE's middle of a step is none that a run can start at.
      if (startStep < 0) continue;
      const at = timestepsOf(schedulerCase).findIndex((other) => Math.abs(other - t[sample]) < 2e-3);
      const sigma = Number(schedulerCase.sigmas?.data[at]);
      const data = schedulerCase.class.startsWith('EDM') ? Number(config.sigma_data) : 1;
      const isScaled =
        data !== 1 ||
        schedulerCase.class === 'EDMEulerScheduler' ||
        scaled.some((prefix) => schedulerCase.class.startsWith(prefix));
      let first: tf.Tensor | undefined;
      await run({
        initialImage: x,
        startStep,
        onStep: ({ xT }) => {
          first ??= tf.keep(tf.clone(xT));
        },
      });
      const one = (all: tf.Tensor) => tf.slice(all, [sample, 0, 0, 0], [1, -1, -1, -1]);
      await close(tf.mul(one(first as tf.Tensor), isScaled ? Math.hypot(sigma, data) : 1), one(expected));
    }
  });

  it.each(schedulerFile.betas)('betas and ᾱ of $name', ({ arguments: own, index, betas, alphas_cumprod }) => {
    const { tolerance } = schedulerFile;
    const config = {
      num_train_timesteps: 1000,
      beta_start: 1e-4,
      beta_end: 0.02,
      beta_schedule: 'linear',
      ...own,
    };
    const found = betasOf(config);
    const kind = own.rescale_betas_zero_snr ? 'betas_zero_snr' : 'betas';
    expectClose(
      index.map((t) => found[t]),
      fixtureValues(betas),
      tolerance[kind],
    );
    const { alphaBars } = computeAlphaSchedule(found);
    expectClose(
      index.map((t) => alphaBars[t]),
      fixtureValues(alphas_cumprod),
      tolerance.alphas_cumprod,
    );
  });
});

describe('guidance', () => {
  it.each(schedulerFile.guidance)(
    '$key: scale $guidance_scale, rescale $guidance_rescale',
    async (guidance) => {
      const read = (name: string) => readSteps(`${guidance.key}/${name}`);
      const tensor = (name: string) => tf.tensor(read(name).steps[0], read(name).shape);
      const [unconditional, conditional] = [tensor('uncond'), tensor('cond')];
      const run = (rescale: number) =>
        expectTensorsKept(1, () =>
          guidedPrediction(unconditional, conditional, { scale: guidance.guidance_scale, rescale }),
        );
      const tolerance = { abs: guidance.tolerance_abs };
      expectClose(await (await run(0)).data(), read('combined').steps[0], tolerance);
      expectClose(await (await run(guidance.guidance_rescale)).data(), read('rescaled').steps[0], tolerance);
    },
  );
});
