import type * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from '../diffusion/predictionType.js';
import type { SpaceTimestepsOptions } from '../diffusion/spaceTimesteps.js';

/**
 * Any function that predicts noise, x0 or v: `xT` [batch, …] and 0-based int32 timesteps [batch] to a prediction of
 * `xT`'s shape. Tensors that it allocates are disposed for it. For a `tf.LayersModel`:
 * `(xT, t) => model.predict([xT, t]) as tf.Tensor`.
 */
export type Denoiser = (xT: tf.Tensor, t: tf.Tensor1D) => tf.Tensor;

/**
 * Standard normal noise of a shape. `step` 0 asks for the starting sample, `step` k ≥ 1 for the noise that the k-th
 * reverse step adds; steps that add none do not ask. Tensors that it allocates are disposed for it.
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
  /** The estimate of the clean image made from it, after clipping. */
  x0: tf.Tensor;
}

/** What a single reverse step needs to know of the prediction. */
export interface StepOptions {
  /** Timestep to step to, from −1 (the clean image, where ᾱ is 1) to t − 1. Default t − 1. */
  previousT?: number;
  /** What the prediction is. Default `'noise'`. */
  predictionType?: PredictionType;
  /** Limits of the x0 estimate, `[min, max]` of the data's range. Default: not clipped. */
  clip?: readonly [min: number, max: number];
  /** Standard normal noise of `xT`'s shape. Default: none, which gives the mean of the step. */
  noise?: tf.Tensor;
}

/** Result of a single reverse step: two tensors of `xT`'s shape, the caller's to dispose. */
export type StepResult = {
  /** The sample at `previousT`. */
  previous: tf.Tensor;
  /** The estimate of the clean image, after clipping. */
  x0: tf.Tensor;
};

/** Options that the loops of all samplers share. */
export interface SampleOptions extends SpaceTimestepsOptions {
  /** Shape of the samples, [batch, …]. */
  shape: readonly number[];
  /** How many timesteps to visit, from 1 to the schedule's length T. */
  steps?: number;
  /** What the denoiser predicts. Default `'noise'`. */
  predictionType?: PredictionType;
  /** Limits of the x0 estimate, `[min, max]` of the data's range. Default: not clipped. */
  clip?: readonly [min: number, max: number];
  /** Seed of the default noise, an integer in [0, 2^53). Default 0. */
  seed?: number;
  /** Replaces the default noise, `gaussianNoise(seed)`. */
  noise?: NoiseSource;
  /**
   * Called after each step and awaited; what it throws ends the sampling. Nothing else gives the event loop a turn:
   * in a page, let it return `tf.nextFrame()`.
   */
  onStep?: (step: SamplerStep) => void | Promise<void>;
}
