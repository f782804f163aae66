import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {
  type BetaScheduleType,
  makeBetaSchedule,
  type PredictionType,
  rescaleZeroTerminalSnr,
} from '../../src/diffusion/index.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SolverOptions } from '../../src/samplers/index.js';
import { type FixtureArray, fixturePath, fixtureValues, readFixture } from './fixtures.js';

/** A case of the family `peers/schedulers`: a scheduler of diffusers run over a denoiser in closed form. */
export interface SchedulerCase {
  name: string;
  class: string;
  config: Record<string, unknown>;
  set_timesteps: { num_inference_steps?: number; timesteps?: number[]; sigmas?: number[] };
  step_arguments: Record<string, number>;
  timesteps: FixtureArray;
  sigmas?: FixtureArray;
  init_noise_sigma: number;
  noise_at_step: number[];
  add_noise_timesteps: number[];
  tolerance: number;
}

/** The file of cases. */
export interface SchedulerFile {
  model: { a: number; b: number; c: number };
  cases: SchedulerCase[];
  betas: {
    name: string;
    arguments: Record<string, unknown>;
    index: number[];
    betas: FixtureArray;
    alphas_cumprod: FixtureArray;
  }[];
  tolerance: Record<string, { abs: number; rel: number }>;
  guidance: { key: string; guidance_scale: number; guidance_rescale: number; tolerance_abs: number }[];
}

export const schedulerFile = readFixture<SchedulerFile>('peers/schedulers/cases.json');
const read = (file: string) => readSafetensors(readFileSync(fixturePath(file))).tensors;
const tensors = new Map([
  ...read('peers/schedulers/schedulers.safetensors'),
  ...read('peers/schedulers/repaint.safetensors'),
]);

/** The cases of RePaint: lists of timesteps, and complete runs. */
export const repaintFile = readFixture<{
  time_lists: {
    num_inference_steps: number;
    jump_length: number;
    jump_n_sample: number;
    num_train_timesteps: number;
    count: number;
    timesteps: number[] | null;
    first_60: number[];
    last_60: number[];
    sum: number;
  }[];
  runs: {
    name: string;
    config: Record<string, unknown>;
    set_timesteps: { num_inference_steps: number; jump_length: number; jump_n_sample: number };
    timesteps: number[];
    tolerance: number;
  }[];
}>('peers/schedulers/repaint.json');

/** A tensor of the family, channels moved from axis −3 to the last: `size` values a step, `shape` of one step. */
export function readSteps(name: string): { shape: number[]; steps: Float32Array[] } {
  const entry = tensors.get(name);
  if (entry === undefined) return { shape: [], steps: [] };
  const leading = entry.shape.length > 4 ? entry.shape[0] : 1;
  const [b, c, h, w] = entry.shape.slice(-4);
  const size = b * c * h * w;
  const steps = Array.from({ length: leading }, (_, k) => {
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const [x, y, channel, sample] = [
        i % w,
        Math.floor(i / w) % h,
        Math.floor(i / w / h) % c,
        Math.floor(i / w / h / c),
      ];
      const target = ((sample * h + y) * w + x) * c + channel;
      values[target] = Number(entry.data[k * size + i]);
    }
    return values;
  });
  return { shape: [b, h, w, c], steps };
}

/** Betas of a case's configuration. */
export function betasOf(config: Record<string, unknown>): Float64Array {
  const betas = makeBetaSchedule(Number(config.num_train_timesteps), {
    type: config.beta_schedule as BetaScheduleType,
    betaStart: Number(config.beta_start),
    betaEnd: Number(config.beta_end),
  });
  return config.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(betas) : betas;
}

/**
 * ᾱ of a case's configuration, rounded to float32 as torch rounds betas, alphas and each product: it tells near the
 * ends, where 1 − ᾱ or ᾱ is small.
 */
export function alphaBarsOf(config: Record<string, unknown>): Float64Array {
  let product = 1;
  return betasOf(config).map((beta) => {
    product = Math.fround(product * Math.fround(1 - Math.fround(beta)));
    return product;
  });
}

/** What a case may leave at its neutral value, since nothing here has it. */
const NEUTRAL: Record<string, unknown> = {
  ...{ trained_betas: null, use_beta_sigmas: false, use_flow_sigmas: false, use_dynamic_shifting: false },
  ...{ flow_shift: 1, shift_terminal: null, time_shift_type: 'exponential', timestep_type: 'discrete' },
  ...{ solver_p: null, noise_sampler_seed: null },
};

/** What the adapters read, of configurations, of `set_timesteps` and of `step_arguments`. */
const READ = {
  config: `_class_name _diffusers_version algorithm_type beta_end beta_schedule beta_start clip_sample
    clip_sample_range disable_corrector dynamic_thresholding_ratio euler_at_final final_sigmas_type interpolation_type
    lambda_min_clipped lower_order_final num_train_timesteps original_inference_steps predict_x0 prediction_type
    rescale_betas_zero_snr rho sample_max_value set_alpha_to_one sigma_data sigma_max sigma_min sigma_schedule
    skip_prk_steps solver_order solver_type steps_offset thresholding timestep_scaling timestep_spacing
    use_exponential_sigmas use_karras_sigmas use_lu_lambdas variance_type`.split(/\s+/),
  set_timesteps: ['num_inference_steps', 'timesteps', 'sigmas'],
  step_arguments: ['eta', 'use_clipped_model_output', 's_churn', 's_tmin', 's_tmax', 's_noise', 'order'],
};

/** Throws if a case carries an option that no adapter reads: it would pass for another case. */
export function requireKnown(schedulerCase: SchedulerCase): void {
  for (const part of ['config', 'set_timesteps', 'step_arguments'] as const) {
    for (const [key, value] of Object.entries(schedulerCase[part])) {
      if (READ[part].includes(key) || (key in NEUTRAL && NEUTRAL[key] === value)) continue;
      throw new Error(
        `${schedulerCase.name}: ${part}.${key} is ${JSON.stringify(value)}, which no adapter reads.`,
      );
    }
  }
}

const predictionTypes: Record<string, PredictionType> = { epsilon: 'noise', sample: 'x0', v_prediction: 'v' };

/** The options that a configuration of diffusers stands for, as far as samplers share them. */
export function sharedOptions({ config, set_timesteps }: SchedulerCase) {
  const range = Number(config.clip_sample_range ?? 1);
  const spacing = config.timestep_spacing as SolverOptions['spacing'];
  return {
    predictionType: predictionTypes[String(config.prediction_type)],
    steps: set_timesteps.num_inference_steps,
    timesteps: set_timesteps.timesteps,
    spacing,
    stepsOffset: spacing === 'leading' ? Number(config.steps_offset ?? 0) : 0,
    clip: config.clip_sample ? ([-range, range] as const) : undefined,
    dynamicThresholding: config.thresholding
      ? { ratio: Number(config.dynamic_thresholding_ratio), sampleMaxValue: Number(config.sample_max_value) }
      : undefined,
  };
}

/** The levels that a configuration of diffusers stands for. */
export function levelOptions(schedulerCase: SchedulerCase) {
  const { config, set_timesteps } = schedulerCase;
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  const kind = config.use_karras_sigmas
    ? 'karras'
    : config.use_exponential_sigmas || config.use_lu_lambdas
      ? 'exponential'
      : 'schedule';
  return {
    ...sharedOptions(schedulerCase),
    sigmas: set_timesteps.sigmas ?? (kind as 'karras' | 'exponential' | 'schedule'),
    sigmaMin: number(config.sigma_min),
    sigmaMax: number(config.sigma_max),
    rho: number(config.rho),
    finalSigma: config.final_sigmas_type as 'zero' | 'sigma_min' | undefined,
    lambdaMin: number(config.lambda_min_clipped),
  };
}

/** The denoiser of the cases, c · sin(a x + b t / 1000), with the learned variance behind it where asked. */
export function sineDenoiser(learned: boolean) {
  const { a, b, c } = schedulerFile.model;
  return (xT: tf.Tensor, t: tf.Tensor1D) => {
    const time = tf.reshape(tf.mul(tf.cast(t, 'float32'), b / 1000), [-1, 1, 1, 1]);
    const angle = tf.add(tf.mul(xT, a), time);
    const prediction = tf.mul(tf.sin(angle), c);
    return learned ? tf.concat([prediction, tf.mul(tf.cos(angle), c)], -1) : prediction;
  };
}

/** The timesteps of a case, in the order of the calls. */
export function timestepsOf({ timesteps }: SchedulerCase): number[] {
  return Array.from(fixtureValues(timesteps));
}
