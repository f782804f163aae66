import type * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from '../diffusion/predictionType.js';
import type { DynamicThresholdingOptions } from './dynamicThreshold.js';

/**
 * Standard normal noise of a shape. `step` 0 asks for the starting sample, or for the noise of `initialImage`; `step`
 * k ≥ 1 for the noise that the k-th reverse step adds; steps that add none do not ask. Tensors that it allocates are
 * disposed for it.
 */
export type NoiseSource = (shape: number[], step: number) => tf.Tensor;

/** What `onStep` is told. The tensors are disposed when it has returned (or its promise has settled). */
export interface SamplerStep {
  /** Which reverse step this is: 1, 2, … up to the number of steps. */
  step: number;
  /** The timestep that the denoiser saw. */
  t: number;
  /** The noisy sample at timestep `t`, which the denoiser saw. */
  xT: tf.Tensor;
  /** The estimate of the clean image made from it, after clipping or thresholding. */
  x0: tf.Tensor;
}

/** How a prediction is read. */
export interface EstimateOptions {
  /** What the prediction is. Default `'noise'`. */
  predictionType?: PredictionType;
  /** Limits of the x0 estimate, `[min, max]` of the data's range. Default: not clipped. */
  clip?: readonly [min: number, max: number];
  /**
   * Limits the x0 estimate of each sample by dynamic thresholding in place of clipping; `clip` then says the data's
   * range, [−1, 1] if absent. Default: not done.
   */
  dynamicThresholding?: DynamicThresholdingOptions;
}

/** Options of a sampling run but for its noise levels. */
export interface SampleOptions<C = undefined> extends EstimateOptions {
  /** Shape of the samples, [batch, …]. */
  shape: readonly number[];
  /** How many timesteps to visit, from 1 to the schedule's length T. */
  steps?: number;
  /**
   * Clean images of `shape` to start from, noised to the timestep of the first step (SDEdit, Meng et al. 2022;
   * diffusers' image-to-image). Default: none; the start is pure noise.
   */
  initialImage?: tf.Tensor;
  /**
   * How many of the `steps` timesteps, the noisiest first, are left out before the start from `initialImage`, from 0 to
   * steps − 1: the more, the more of the image is kept (diffusers' strength s leaves out steps − floor(s · steps)).
   * Default 0.
   */
  startStep?: number;
  /** Handed to the denoiser at each step: what the samples are to follow, of whatever kind it takes. Default: none. */
  condition?: C;
  /** Seed of the default noise, an integer in [0, 2^53). Default 0. */
  seed?: number;
  /** Replaces the default noise, `gaussianNoise(seed)`. */
  noise?: NoiseSource;
  /**
   * Called after each step and awaited; what it throws ends the sampling. Nothing else gives the event loop a turn,
   * unless there is a `signal`: in a page, let it return `tf.nextFrame()`.
   */
  onStep?: (step: SamplerStep) => void | Promise<void>;
  /**
   * Ends the sampling before its next step, with an `AbortError`. With it, the event loop has a turn before each step.
   */
  signal?: AbortSignal;
}
