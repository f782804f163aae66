import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DdpmVarianceType,
  type Denoiser,
  edmSchedule,
  guidedPrediction,
  invertDdim,
  type NoiseSchedule,
  type NoiseSource,
  type SolverOptions,
  sampleDdim,
  sampleDdpm,
  sampleDpmPlusPlus2M,
  sampleDpmSde,
  sampleDpmSolver,
  sampleDpmSolverSinglestep,
  sampleEuler,
  sampleEulerAncestral,
  sampleHeun,
  sampleLcm,
  sampleLms,
  samplePndm,
  sampleUniPc,
} from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import {
  alphaBarsOf,
  levelOptions,
  readSteps,
  type SchedulerCase,
  schedulerFile,
  sharedOptions,
  sineDenoiser,
  timestepsOf,
} from '../support/schedulerCases.js';

/** Runs the sampler that stands for a case's class; undefined where there is none. */
type Runner = (denoiser: Denoiser, common: { shape: number[]; noise: NoiseSource }) => Promise<tf.Tensor>;
type Adapter = (schedulerCase: SchedulerCase) => Runner | undefined;

type Solver = (
  denoiser: Denoiser,
  schedule: ReturnType<typeof alphaBarsOf>,
  options: SolverOptions,
) => Promise<tf.Tensor>;
const solver =
  (sample: Solver, own: object = {}) =>
  (schedulerCase: SchedulerCase): Runner =>
  (denoiser, common) =>
    sample(denoiser, alphaBarsOf(schedulerCase.config), {
      ...levelOptions(schedulerCase),
      ...common,
      ...own,
    });

function churnOf({ step_arguments: { s_churn, s_tmin, s_tmax, s_noise } }: SchedulerCase) {
  if (s_churn === undefined) return undefined;
  return { amount: s_churn, min: s_tmin, max: s_tmax, noise: s_noise, predictBefore: true };
}

/**
 * diffusers' DDIM always goes back by ⌊T / steps⌋, wherever the next timestep is (its issue 11347): each step is a run
 * of its own from one level to another.
 */
function ddimByStride(schedulerCase: SchedulerCase): Runner {
  const { config, step_arguments } = schedulerCase;
  const { num_inference_steps = 1 } = schedulerCase.set_timesteps;
  const stride = Math.floor(Number(config.num_train_timesteps) / num_inference_steps);
  const alphaBars = alphaBarsOf(config);
  const sigmaOf = (alphaBar: number) => Math.sqrt((1 - alphaBar) / alphaBar);
  const end = config.set_alpha_to_one ? 0 : sigmaOf(alphaBars[0]);
  return async (denoiser, { shape, noise }) => {
    let x = noise(shape, 0);
    for (const [k, t] of timestepsOf(schedulerCase).entries()) {
      const next = t < stride ? end : sigmaOf(alphaBars[t - stride]);
      x = await sampleDdim(denoiser, alphaBars, {
        ...{ ...sharedOptions(schedulerCase), shape, eta: step_arguments.eta },
        ...{ timesteps: [t], sigmas: [sigmaOf(alphaBars[t]), next] },
        noise: (_, step) => (step === 0 ? x : noise(shape, k + step)),
      });
    }
    return x;
  };
}

function ddim(schedulerCase: SchedulerCase): Runner {
  const { config, step_arguments, set_timesteps } = schedulerCase;
  const timesteps = timestepsOf(schedulerCase);
  const stride = Math.floor(Number(config.num_train_timesteps) / Number(set_timesteps.num_inference_steps));
  if (timesteps.some((t, k) => k > 0 && timesteps[k - 1] - t !== stride)) return ddimByStride(schedulerCase);
  return (denoiser, common) =>
    sampleDdim(denoiser, alphaBarsOf(config), {
      ...sharedOptions(schedulerCase),
      ...common,
      eta: step_arguments.eta,
      useClippedModelOutput: Boolean(step_arguments.use_clipped_model_output),
      finalSigma: config.set_alpha_to_one ? 'zero' : 'sigma_min',
    });
}

/** EDM's levels and preconditioning. */
function edm(sample: EdmSolver): Adapter {
  return (schedulerCase) => {
    const { config } = schedulerCase;
    const schedule = edmSchedule({
      sigmaMin: Number(config.sigma_min),
      sigmaMax: Number(config.sigma_max),
      sigmaData: Number(config.sigma_data),
    });
    const options = {
      ...levelOptions(schedulerCase),
      ...dpmOptions(config),
      churn: churnOf(schedulerCase),
      ...{ spacing: undefined, stepsOffset: undefined, timesteps: undefined },
      sigmas: config.sigma_schedule as 'karras' | 'exponential',
    };
    return (denoiser, common) => sample(denoiser, schedule, { ...options, ...common });
  };
}
type EdmSolver = (denoiser: Denoiser, schedule: NoiseSchedule, options: SolverOptions) => Promise<tf.Tensor>;

const dpmOptions = (config: SchedulerCase['config']) => ({
  order: config.solver_order,
  algorithm: config.algorithm_type,
  solverType: config.solver_type,
  lowerOrderFinal: config.lower_order_final,
  eulerAtFinal: config.euler_at_final,
  asDiffusers: true,
});

/** DPM-Solver; of a network with a learned variance it takes the first half of the channels. */
function dpmSolver(schedulerCase: SchedulerCase): Runner {
  const { config } = schedulerCase;
  const run = solver(sampleDpmSolver, dpmOptions(config))(schedulerCase);
  if (config.variance_type === null) return run;
  return (denoiser, common) => run((...input) => tf.split(denoiser(...input), 2, -1)[0], common);
}

const adapters: Record<string, Adapter> = {
  DDIMScheduler: ddim,
  DDPMScheduler: (schedulerCase) => (denoiser, common) =>
    sampleDdpm(denoiser, alphaBarsOf(schedulerCase.config), {
      ...sharedOptions(schedulerCase),
      ...common,
      variance: schedulerCase.config.variance_type as DdpmVarianceType,
    }),
  EulerDiscreteScheduler: (schedulerCase) => {
    const own: Record<string, unknown> = { churn: churnOf(schedulerCase) };
    if (schedulerCase.config.interpolation_type === 'log_linear') {
      // Evenly spaced in ln σ over one level more than there are timesteps, so that the last is trained: ends at σ_min.
      own.timesteps = timestepsOf(schedulerCase);
      own.sigmas = schedulerCase.sigmas?.data.map(Number).slice(0, -1);
    }
    return solver(sampleEuler, own)(schedulerCase);
  },
  EulerAncestralDiscreteScheduler: solver(sampleEulerAncestral),
  HeunDiscreteScheduler: solver(sampleHeun),
  DDIMInverseScheduler: (schedulerCase) => (denoiser, common) =>
    invertDdim(denoiser, alphaBarsOf(schedulerCase.config), common.noise(common.shape, 0), {
      ...sharedOptions(schedulerCase),
      finalSigma: schedulerCase.config.set_alpha_to_one ? 'zero' : 'sigma_min',
    }),
  LCMScheduler: (schedulerCase) => (denoiser, common) =>
    sampleLcm(denoiser, alphaBarsOf(schedulerCase.config), {
      ...sharedOptions(schedulerCase),
      ...common,
      originalSteps: Number(schedulerCase.config.original_inference_steps),
      timestepScaling: Number(schedulerCase.config.timestep_scaling),
    }),
  DPMSolverMultistepScheduler: dpmSolver,
  DPMSolverSinglestepScheduler: (schedulerCase) =>
    solver(sampleDpmSolverSinglestep, {
      order: schedulerCase.config.solver_order,
      algorithm: schedulerCase.config.algorithm_type,
      solverType: schedulerCase.config.solver_type,
    })(schedulerCase),
  EDMEulerScheduler: edm(sampleEuler),
  EDMDPMSolverMultistepScheduler: edm(sampleDpmSolver),
  DPMSolverSDEScheduler: solver(sampleDpmSde),
  LMSDiscreteScheduler: (schedulerCase) =>
    solver(sampleLms, { order: schedulerCase.step_arguments.order })(schedulerCase),
  PNDMScheduler: (schedulerCase) =>
    solver(samplePndm, {
      skipRungeKutta: schedulerCase.config.skip_prk_steps,
      finalSigma: schedulerCase.config.set_alpha_to_one ? 'zero' : 'sigma_min',
    })(schedulerCase),
  UniPCMultistepScheduler: (schedulerCase) =>
    solver(sampleUniPc, {
      order: schedulerCase.config.solver_order,
      solverType: schedulerCase.config.solver_type,
      predictX0: schedulerCase.config.predict_x0,
      disableCorrector: schedulerCase.config.disable_corrector,
      lowerOrderFinal: schedulerCase.config.lower_order_final,
    })(schedulerCase),
};

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
    const run = adapters[schedulerCase.class]?.(schedulerCase);
    const title = `${schedulerCase.name}, ${schedulerCase.class}`;
    if (run === undefined) it.todo(title);
    else it(title, () => checkCase(schedulerCase, run));
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
