import type * as tf from '@tensorflow/tfjs-core';
import { computeAlphaSchedule } from '../diffusion/computeAlphaSchedule.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { makeBetaSchedule } from '../diffusion/makeBetaSchedule.js';
import { rescaleZeroTerminalSnr } from '../diffusion/rescaleZeroTerminalSnr.js';
import { CheckpointError } from '../errors/CheckpointError.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import { fromSchedulerConfig } from '../pretrained/schedulerConfig.js';
import type { SolverOptions } from '../samplers/SolverOptions.js';
import { sampleDdim } from '../samplers/sampleDdim.js';
import { sampleDdpm } from '../samplers/sampleDdpm.js';
import { sampleDpmSolver } from '../samplers/sampleDpmSolver.js';
import { sampleEuler } from '../samplers/sampleEuler.js';
import { sampleEulerAncestral } from '../samplers/sampleEulerAncestral.js';
import { sampleHeun } from '../samplers/sampleHeun.js';
import { sampleLcm } from '../samplers/sampleLcm.js';
import { sampleLms } from '../samplers/sampleLms.js';
import { samplePndm } from '../samplers/samplePndm.js';
import { sampleUniPc } from '../samplers/sampleUniPc.js';

/** Any sampler over ᾱ, such as `sampleDpmPlusPlus2M`. */
export type Sampler = (
  denoiser: Denoiser,
  alphaBars: Float64Array,
  options: SolverOptions<unknown>,
) => Promise<tf.Tensor>;

/** What a pipeline samples by. */
export interface PipelineScheduler {
  alphaBars: Float64Array;
  /** How its predictions are read and its timesteps lie, whatever the sampler. */
  options: Partial<SolverOptions>;
  sampler: Sampler;
  /** Further options of that one. */
  own: Record<string, unknown>;
}

type Fields = Readonly<Record<string, unknown>>;

/** What stands for a class of diffusers, where its timesteps lie unless said, and what it is told besides. */
interface Adapter {
  sampler: Sampler;
  spacing?: 'leading' | 'linspace';
  /** Whether x0 is limited to [-1, 1] unless said. */
  clips?: boolean;
  own?(fields: Fields): Record<string, unknown>;
}

/** Where the last step ends, as DDIM and PNDM call it. */
const endOf = (alphaToOne: unknown) => ({ finalSigma: alphaToOne ? 'zero' : 'sigma_min' });

const multistep = (fields: Fields) => ({
  order: fields.solver_order,
  solverType: fields.solver_type,
  lowerOrderFinal: fields.lower_order_final,
  finalSigma: fields.final_sigmas_type,
});

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  DDIMScheduler: {
    sampler: sampleDdim,
    spacing: 'leading',
    clips: true,
    own: ({ set_alpha_to_one = true }) => endOf(set_alpha_to_one),
  },
  PNDMScheduler: {
    sampler: samplePndm,
    spacing: 'leading',
    own: ({ set_alpha_to_one = false, skip_prk_steps = false }) => ({
      ...endOf(set_alpha_to_one),
      skipRungeKutta: skip_prk_steps,
    }),
  },
  DDPMScheduler: {
    sampler: sampleDdpm,
    spacing: 'leading',
    clips: true,
    own: ({ variance_type }) => ({ variance: variance_type, asDiffusers: true }),
  },
  DPMSolverMultistepScheduler: {
    sampler: sampleDpmSolver,
    own: (fields) => ({
      ...multistep(fields),
      algorithm: fields.algorithm_type,
      eulerAtFinal: fields.euler_at_final,
      asDiffusers: true,
    }),
  },
  UniPCMultistepScheduler: {
    sampler: sampleUniPc,
    own: (fields) => ({ ...multistep(fields), predictX0: fields.predict_x0 }),
  },
  EulerDiscreteScheduler: { sampler: sampleEuler },
  EulerAncestralDiscreteScheduler: { sampler: sampleEulerAncestral },
  HeunDiscreteScheduler: { sampler: sampleHeun },
  LMSDiscreteScheduler: { sampler: sampleLms },
  LCMScheduler: {
    sampler: sampleLcm,
    spacing: 'leading',
    own: (fields) => ({ originalSteps: fields.original_inference_steps }),
  },
};

/** Fields that ask for steps of their own where they are set, and those that do unless they are this. */
const UNKNOWN = ['use_beta_sigmas', 'use_lu_lambdas', 'use_flow_sigmas', 'sigma_min', 'sigma_max'];
const KNOWN = { interpolation_type: 'linear', timestep_type: 'discrete' };

/**
 * What a pipeline's scheduler says: its ᾱ, and which sampler stands for it.
 *
 * @throws If it is missing, or one that there is nothing for.
 */
export async function readScheduler(files: ModelFiles): Promise<PipelineScheduler> {
  const where = `${files.place}/scheduler_config.json`;
  // Its writer puts -Infinity into it, which is no JSON.
  const fields = (await readJsonFile(files, 'scheduler_config.json', { infinities: true })) as
    | Fields
    | null
    | undefined;
  if (!fields) throw new CheckpointError(`${where}: there is no such file.`);
  const adapter = ADAPTERS[String(fields._class_name)];
  if (!adapter) {
    const known = Object.keys(ADAPTERS).join(', ');
    throw new CheckpointError(`${where} is of ${showJson(fields._class_name)}; this package has ${known}.`);
  }
  const diffusion = fromSchedulerConfig(fields);
  if (!diffusion)
    throw new CheckpointError(`${where}: its noise schedule or its prediction_type is none of this package.`);
  const { timesteps, schedule: type, betaStart, betaEnd, predictionType } = diffusion;
  const betas = makeBetaSchedule(timesteps, { type, betaStart, betaEnd });
  const { alphaBars } = computeAlphaSchedule(
    diffusion.zeroTerminalSnr ? rescaleZeroTerminalSnr(betas) : betas,
  );
  const asked = UNKNOWN.filter((key) => fields[key]);
  for (const [key, known] of Object.entries(KNOWN)) if ((fields[key] ?? known) !== known) asked.push(key);
  const isEuler = String(fields._class_name).startsWith('Euler');
  if (isEuler && (fields.final_sigmas_type ?? 'zero') !== 'zero') asked.push('final_sigmas_type');
  if (asked.length > 0)
    throw new CheckpointError(`${where}: ${asked.join(', ')} asks for steps that this package has not.`);
  const { timestep_spacing: spacing = adapter.spacing ?? 'linspace' } = fields;
  const range = Number(fields.clip_sample_range ?? 1);
  const spaced = fields.use_karras_sigmas
    ? 'karras'
    : fields.use_exponential_sigmas
      ? 'exponential'
      : undefined;
  const options: Partial<SolverOptions> = {
    predictionType,
    spacing: spacing as SolverOptions['spacing'],
    stepsOffset: spacing === 'leading' ? Number(fields.steps_offset ?? 0) : undefined,
    clip: (fields.clip_sample ?? adapter.clips) ? [-range, range] : undefined,
    dynamicThresholding:
      fields.thresholding === true
        ? {
            ratio: Number(fields.dynamic_thresholding_ratio ?? 0.995),
            sampleMaxValue: Number(fields.sample_max_value ?? 1),
          }
        : undefined,
    sigmas: spaced,
  };
  const own = Object.entries(adapter.own?.(fields) ?? {}).filter(([, value]) => value !== undefined);
  return { alphaBars, options, sampler: adapter.sampler, own: Object.fromEntries(own) };
}
