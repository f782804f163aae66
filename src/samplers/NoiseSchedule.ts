import type { PredictionType } from '../diffusion/predictionType.js';
import type { SpaceTimestepsOptions } from '../diffusion/spaceTimesteps.js';

/**
 * Noise levels of a sampling run. A level is σ, noise over signal: x̂ = x0 + σ · noise, which is x_t / √ᾱ_t with
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
  /** Where the timesteps lie. Default `'linspace'`; `'leading'` starts below the last timestep. */
  spacing?: SpaceTimestepsOptions['spacing'];
  /**
   * Which σ: the schedule's own at the spaced timesteps, or between the same ends evenly spaced in σ^(1/ρ) (Karras et al.
   * 2022) or in ln σ, or a list of your own, descending, the level of the end (0) included. Default `'schedule'`.
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
   * Where the last step ends: at the clean image, or at the smallest trained level, whose noise then stays in the samples
   * (diffusers' `final_sigmas_type`). Default `'zero'`.
   */
  finalSigma?: 'zero' | 'sigma_min';
  /** Leaves timesteps out whose λ = −ln σ is lower (diffusers' `lambda_min_clipped`). Default: none. */
  lambdaMin?: number;
}

/** What a sampler's formulas need of the levels beside the options; the sampler sets it. */
export interface LevelRule {
  /** Whether timesteps are laid as DPM-Solver's, see `layTimesteps`. */
  omitLast: boolean;
}

/**
 * What a network was trained with, as samplers see it: its levels, and how its input and prediction relate to x̂ and x0
 * at a level.
 */
export interface NoiseSchedule {
  /** Levels of a run of so many steps. */
  levels(functionName: string, steps: number, options: NoiseLevelOptions & LevelRule): NoiseLevels;
  /** How many steps there are at most; a default number of steps is no larger. */
  maxSteps: number;
  /** What the denoiser is told at a level. */
  timestepAt(sigma: number): number;
  /** σ of what the denoiser is told: the inverse of `timestepAt` at trained timesteps. */
  sigmaAt(t: number): number;
  /** The denoiser's input is x̂ times this. */
  inputScale(sigma: number): number;
  /** Samples at a level are x̂ times this: √ᾱ for a variance-preserving schedule. */
  outputScale(sigma: number): number;
  /** x0 = first · x̂ + second · prediction. */
  x0Factors(predictionType: PredictionType, sigma: number): readonly [xHat: number, prediction: number];
  /** Standard deviation of x̂ at the start of a run. */
  startDeviation(sigma: number, options: NoiseLevelOptions): number;
}
