import type { PredictionType } from '../diffusion/predictionType.js';
import type { SpaceTimestepsOptions } from '../diffusion/spaceTimesteps.js';

/**
 * Noise levels of a sampling run. A level is σ, noise over signal: x_t / √ᾱ_t = x̂ = x0 + σ · noise, with
 * σ = √((1 − ᾱ) / ᾱ).
 */
export interface NoiseLevels {
  /** What the denoiser is told of each step's level; it may lie between two trained timesteps. */
  timesteps: Float64Array;
  /** σ of each step, descending, and, one more, the level that the last step ends at: 0 unless asked otherwise. */
  sigmas: Float64Array;
}

/** How noise levels are chosen. */
export interface NoiseLevelOptions extends SpaceTimestepsOptions {
  /**
   * Where the timesteps lie; `'leading'` starts below the last timestep. Default `'linspace'`, for `sampleDdim`,
   * `sampleDdpm`, `invertDdim` and `samplePndm` `'leading'`.
   */
  spacing?: SpaceTimestepsOptions['spacing'];
  /**
   * Which σ: the schedule's own at the spaced timesteps, or between the same ends evenly spaced in σ^(1/ρ) (Karras et
   * al. 2022) or in ln σ, or a list of your own, descending, the level of the end (0) included. Default `'schedule'`.
   */
  sigmas?: 'schedule' | 'karras' | 'exponential' | ArrayLike<number>;
  /** Timesteps of your own, descending, in place of spaced ones. Beside a list of `sigmas`, one each. Default: none. */
  timesteps?: ArrayLike<number>;
  /** ρ of Karras' levels. Default 7. */
  rho?: number;
  /** Smallest σ of `'karras'` and `'exponential'` levels. Default: the schedule's. */
  sigmaMin?: number;
  /** Largest σ of `'karras'` and `'exponential'` levels. Default: the schedule's. */
  sigmaMax?: number;
  /**
   * Where the last step ends: at the clean image, or at the smallest trained level, whose noise then stays in the
   * samples (diffusers' `final_sigmas_type`; its `set_alpha_to_one: false` is the latter). Default `'zero'`.
   */
  finalSigma?: 'zero' | 'sigma_min';
  /** Leaves timesteps out whose λ = −ln σ is lower (diffusers' `lambda_min_clipped`). Default: none. */
  lambdaMin?: number;
}

/**
 * Whose conventions the levels follow; the sampler sets it.
 *
 * - `'ddim'`: whole timesteps, and a start of deviation 1 in x_t.
 * - `'euler'`: `'linspace'` without rounding, and a start of deviation σ in x̂.
 * - `'dpm'`: one timestep more is laid and the last left out, since the last step goes to the clean image over a whole
 *   interval; Karras' levels reach over the whole schedule; whole timesteps, and a start of deviation 1 in x_t.
 */
export type LevelFamily = 'ddim' | 'euler' | 'dpm';

/** What a schedule is asked levels by. */
export interface LevelRequest extends NoiseLevelOptions {
  family: LevelFamily;
  /** How many steps. Default 20, or as many as there can be. */
  steps?: number;
}

/**
 * What a network was trained with, as samplers see it: its levels, and how the image, the noise, the network's input
 * and its prediction make up the x that a sampler works on, which is x̂ or x_t.
 */
export interface NoiseSchedule {
  /** Levels of a run; what it throws about an option names that alone, `steps is 0; it must be …`. */
  levels(request: LevelRequest): NoiseLevels;
  /** What the denoiser is told at a level. */
  timestepAt(sigma: number): number;
  /** σ of what the denoiser is told: the inverse of `timestepAt` at trained timesteps. */
  sigmaAt(t: number): number;
  /** x = signal · x0 + deviation · noise. */
  mixture(sigma: number): readonly [signal: number, deviation: number];
  /** The denoiser's input is x times this. */
  inputScale(sigma: number): number;
  /** Samples at a level are x times this. */
  outputScale(sigma: number): number;
  /** x0 or the noise is first · x + second · prediction. */
  factors(
    target: 'x0' | 'noise',
    predictionType: PredictionType,
    sigma: number,
  ): readonly [x: number, prediction: number];
  /** Standard deviation of x at the start of a run. */
  startDeviation(sigma: number, request: LevelRequest): number;
}
