import { makeBetaSchedule } from '../diffusion/makeBetaSchedule.js';
import type { ModelDiffusion } from './ModelDescription.js';

/** What diffusers calls what a network predicts. */
const PREDICTIONS = { noise: 'epsilon', x0: 'sample', v: 'v_prediction' } as const;

/** Schedules that diffusers has under the same name. */
const SHARED: readonly string[] = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid'];

/** A diffusion as the `scheduler_config.json` of diffusers' `DDPMScheduler`. */
export function toSchedulerConfig(diffusion: ModelDiffusion): Record<string, unknown> {
  const {
    schedule,
    timesteps,
    betaStart = 1e-6,
    betaEnd = 0.02,
    predictionType,
    zeroTerminalSnr,
  } = diffusion;
  const isShared = SHARED.includes(schedule);
  const betas = () => Array.from(makeBetaSchedule(timesteps, { type: schedule, betaStart, betaEnd }));
  return {
    num_train_timesteps: timesteps,
    beta_start: betaStart,
    beta_end: betaEnd,
    beta_schedule: isShared ? schedule : 'linear',
    trained_betas: isShared ? null : betas(),
    prediction_type: PREDICTIONS[predictionType],
    rescale_betas_zero_snr: zeroTerminalSnr ?? false,
    // Chips are scaled to a variance of 1, not to [-1, 1].
    clip_sample: false,
    variance_type: 'fixed_small',
  };
}

/** The diffusion that a scheduler's configuration means; undefined where it is none that this package has. */
export function fromSchedulerConfig(fields: Readonly<Record<string, unknown>>): ModelDiffusion | undefined {
  const {
    beta_schedule: schedule = 'linear',
    prediction_type: named = 'epsilon',
    trained_betas: betas,
  } = fields;
  const {
    num_train_timesteps: timesteps = 1000,
    beta_start: betaStart = 1e-4,
    beta_end: betaEnd = 0.02,
  } = fields;
  const prediction = Object.entries(PREDICTIONS).find(([, name]) => name === named);
  if (!prediction || !SHARED.includes(schedule as string) || (betas ?? null) !== null) return undefined;
  const diffusion = {
    schedule,
    timesteps,
    betaStart,
    betaEnd,
    zeroTerminalSnr: fields.rescale_betas_zero_snr === true,
    predictionType: prediction[0],
  } as ModelDiffusion;
  try {
    makeBetaSchedule(diffusion.timesteps, {
      type: diffusion.schedule,
      betaStart: diffusion.betaStart,
      betaEnd: diffusion.betaEnd,
    });
  } catch {
    return undefined;
  }
  return diffusion;
}
