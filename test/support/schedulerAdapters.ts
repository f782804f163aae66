import type * as tf from '@tensorflow/tfjs-core';
import { split } from '@tensorflow/tfjs-core';
import {
  type DdpmVarianceType,
  type Denoiser,
  edmSchedule,
  invertDdim,
  type NoiseSchedule,
  type NoiseSource,
  type SolverOptions,
  sampleDdim,
  sampleDdpm,
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
import {
  alphaBarsOf,
  levelOptions,
  requireKnown,
  type SchedulerCase,
  sharedOptions,
  timestepsOf,
} from './schedulerCases.js';

/** Runs the sampler that stands for a case's class. */
export type Runner = (
  denoiser: Denoiser,
  common: { shape: number[]; noise: NoiseSource } & Pick<
    SolverOptions,
    'initialImage' | 'startStep' | 'onStep'
  >,
) => Promise<tf.Tensor>;
type Adapter = (schedulerCase: SchedulerCase) => Runner;

type Solver = (
  denoiser: Denoiser,
  schedule: ReturnType<typeof alphaBarsOf>,
  options: SolverOptions,
) => Promise<tf.Tensor>;
/** A sampler of the levels that a case says, with options of its own. */
export const solver =
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
  return (denoiser, common) => run((...input) => split(denoiser(...input), 2, -1)[0], common);
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

/** What stands for each class of diffusers. */
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

/** The sampler that stands for a case, once every option that the case carries is known. */
export function runnerOf(schedulerCase: SchedulerCase): Runner {
  requireKnown(schedulerCase);
  const adapter = adapters[schedulerCase.class];
  if (adapter === undefined)
    throw new Error(`${schedulerCase.name}: no sampler stands for ${schedulerCase.class}.`);
  return adapter(schedulerCase);
}
