import type * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from '../diffusion/predictionType.js';
import type { FeatureCache } from './FeatureCache.js';

/** An activation of one layer for one timestep. */
export interface FeatureMap {
  /** Name of the layer. */
  name: string;
  timestep: number;
  /** [batch, height, width, channels], or [batch, tokens, channels] of a transformer. */
  map: tf.Tensor;
}

/** How images are led to a timestep by DDIM backwards. */
export interface InversionOptions {
  /** Steps to the largest timestep asked for; the others asked for are visited as well. Default 50. */
  steps?: number;
  /** What the denoiser predicts. Default `'noise'`. */
  predictionType?: PredictionType;
}

/** Which activations are read, at which timesteps. */
export interface FeatureLayers {
  /** 0-based, ascending or not, each once. */
  timesteps: readonly number[];
  /** Names among the denoiser's `layerNames`, each once. */
  layers: readonly string[];
}

/** Options of `extractFeatures`. */
export interface FeatureOptions<C = undefined> extends FeatureLayers {
  /** ᾱ of the schedule that the network was trained with. Needed but for `noise: 'none'`. */
  alphaBars?: ArrayLike<number>;
  /**
   * `'shared'` adds to all images the same noise, of `seed` and the pixel's place (`pixelNoise`), with the variance of
   * the timestep; `'none'` shows the denoiser the clean images and tells it the timestep all the same. Default
   * `'shared'`.
   */
  noise?: 'shared' | 'none';
  /** Seed of the noise. Default 0. */
  seed?: number;
  /** Where the images' top left pixel lies in its scene, which the noise follows. Default [0, 0], that of chips. */
  origin?: readonly [row: number, column: number];
  /** In place of noise: the images' own noise, which `invertDdim` finds. */
  inversion?: InversionOptions;
  /** Handed to the denoiser. With a `cache`, tensors by name or none. */
  condition?: C;
  /** Bytes that a pass may take as `estimateFeatureMemory` states them. Default 4 GiB on wasm, else no limit. */
  memoryLimit?: number;
  /** Where features are kept as float16, and from where a second pass reads them. Default: nowhere. */
  cache?: FeatureCache;
}
