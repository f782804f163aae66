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
  requireKnown,
  type SchedulerCase,
  schedulerFile,
  sharedOptions,
  sineDenoiser,
  timestepsOf,
} from '../support/schedulerCases.js';

/** Runs the sampler that stands for a case's class. */
type Runner = (denoiser: Denoiser, common: { shape: number[]; noise: NoiseSource }) => Promise<tf.Tensor>;
type Adapter = (schedulerCase: SchedulerCase) => Runner;

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

/** How far apart diffusers' DDIM takes two timesteps to be, and whether the case's are. */
function strideOf({ config, set_timesteps }: SchedulerCase, timesteps: number[]) {
  const stride = Math.floor(Number(config.num_train_timesteps) / Number(set_timesteps.num_inference_steps));
  return { stride, isEven: timesteps.every((t, k) => k === 0 || Math.abs(timesteps[k - 1] - t) === stride) };
}

/**
 * diffusers' DDIM, its inversion too, always goes by ⌊T / steps⌋, wherever the next timestep is (its issue 11347): each
 * step is a run of its own from one level to another.
 */
function byStride(schedulerCase: SchedulerCase, sample: typeof sampleDdim): Runner {
  const timesteps = timestepsOf(schedulerCase);
  const { stride } = strideOf(schedulerCase, timesteps);
  const alphaBars = alphaBarsOf(schedulerCase.config);
  const sigmaOf = (alphaBar: number) => Math.sqrt((1 - alphaBar) / alphaBar);
  const end = schedulerCase.config.set_alpha_to_one ? 0 : sigmaOf(alphaBars[0]);
  return async (denoiser, { shape, noise }) => {
    let x = noise(shape, 0);
    for (const [k, t] of timesteps.entries()) {
      const next = t < stride ? end : sigmaOf(alphaBars[t - stride]);
      x = await sample(denoiser, alphaBars, {
        ...{ ...ddimOptions(schedulerCase), shape, timesteps: [t], sigmas: [sigmaOf(alphaBars[t]), next] },
        noise: (_, step) => (step === 0 ? x : noise(shape, k + step)),
      });
    }
    return x;
  };
}

const ddimOptions = (schedulerCase: SchedulerCase) => ({
  ...sharedOptions(schedulerCase),
  eta: schedulerCase.step_arguments.eta,
  useClippedModelOutput: Boolean(schedulerCase.step_arguments.use_clipped_model_output),
  finalSigma: schedulerCase.config.set_alpha_to_one ? ('zero' as const) : ('sigma_min' as const),
});

const invert: typeof sampleDdim = (denoiser, alphaBars, { shape, noise, ...options }) =>
  invertDdim(denoiser, alphaBars, (noise as NoiseSource)([...shape], 0), options);

const ddim =
  (sample: typeof sampleDdim) =>
  (schedulerCase: SchedulerCase): Runner => {
    if (!strideOf(schedulerCase, timestepsOf(schedulerCase)).isEven) return byStride(schedulerCase, sample);
    return (denoiser, common) =>
      sample(denoiser, alphaBarsOf(schedulerCase.config), { ...ddimOptions(schedulerCase), ...common });
  };

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
  const run = solver(sampleDpmSolver, { ...dpmOptions(config), ...truncated(schedulerCase) })(schedulerCase);
  if (config.variance_type === null) return run;
  return (denoiser, common) => run((...input) => tf.split(denoiser(...input), 2, -1)[0], common);
}

/** diffusers' DPM-Solver and UniPC cut timesteps between two trained ones where they do not round them. */
function truncated(schedulerCase: SchedulerCase): Partial<SolverOptions> {
  const { config, sigmas } = schedulerCase;
  const isRounded =
    config.beta_schedule !== 'squaredcos_cap_v2' || schedulerCase.class !== 'DPMSolverMultistepScheduler';
  const isSpaced = config.use_karras_sigmas || config.use_lu_lambdas || config.use_exponential_sigmas;
  if (!isSpaced || (isRounded && !config.use_exponential_sigmas)) return {};
  const list = sigmas?.data.map(Number) ?? [];
  // float32 may have the last level a bit below the end that it is equal to.
  list.push(Math.min(Number(list.pop()), list[list.length - 1]));
  return { timesteps: timestepsOf(schedulerCase), sigmas: list };
}

const adapters: Record<string, Adapter> = {
  DDIMScheduler: ddim(sampleDdim),
  DDPMScheduler: (schedulerCase) => (denoiser, common) =>
    sampleDdpm(denoiser, alphaBarsOf(schedulerCase.config), {
      ...sharedOptions(schedulerCase),
      ...common,
      variance: schedulerCase.config.variance_type as DdpmVarianceType,
      asDiffusers: true,
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
  DDIMInverseScheduler: ddim(invert),
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
      ...dpmOptions(schedulerCase.config),
      ...truncated(schedulerCase),
    })(schedulerCase),
  EDMEulerScheduler: edm(sampleEuler),
  EDMDPMSolverMultistepScheduler: edm(sampleDpmSolver),
  DPMSolverSDEScheduler: solver(sampleDpmSde),
  LMSDiscreteScheduler: (schedulerCase) =>
    solver(sampleLms, { order: schedulerCase.step_arguments.order })(schedulerCase),
  PNDMScheduler: (schedulerCase) => {
    const { timestep_spacing, num_train_timesteps } = schedulerCase.config;
    const isEven =
      Number(num_train_timesteps) % Number(schedulerCase.set_timesteps.num_inference_steps) === 0;
    if (timestep_spacing === 'linspace' || (timestep_spacing === 'trailing' && !isEven)) {
      throw new Error(
        `${schedulerCase.name}: diffusers' PNDM misses timesteps that are not one stride apart.`,
      );
    }
    return solver(samplePndm, {
      skipRungeKutta: schedulerCase.config.skip_prk_steps,
      finalSigma: schedulerCase.config.set_alpha_to_one ? 'zero' : 'sigma_min',
    })(schedulerCase);
  },
  UniPCMultistepScheduler: (schedulerCase) =>
    solver(sampleUniPc, {
      order: schedulerCase.config.solver_order,
      solverType: schedulerCase.config.solver_type,
      predictX0: schedulerCase.config.predict_x0,
      disableCorrector: schedulerCase.config.disable_corrector,
      lowerOrderFinal: schedulerCase.config.lower_order_final,
      ...truncated(schedulerCase),
      // Without x0, diffusers' UniPC limits nothing.
      ...(schedulerCase.config.predict_x0 ? {} : { dynamicThresholding: undefined }),
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
    it(`${schedulerCase.name}, ${schedulerCase.class}`, () => {
      requireKnown(schedulerCase);
      const adapter = adapters[schedulerCase.class];
      if (adapter === undefined) throw new Error(`No sampler stands for ${schedulerCase.class}.`);
      return checkCase(schedulerCase, adapter(schedulerCase));
    });
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
