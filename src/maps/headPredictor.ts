import * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import type { Head } from '../heads/Head.js';
import { headsOf } from './headsOf.js';
import { predictFeatures } from './predictFeatures.js';
import type { PredictWindow } from './SceneWindow.js';
import { type WindowFeatureOptions, windowFeatures } from './windowFeatures.js';

/** Options of {@link headPredictor}: those of the features that the head was fitted on. */
export type HeadPredictorOptions<C> = WindowFeatureOptions<C>;

/**
 * A head over a denoiser's features as the predictor of a map. The noise is that of the window's place in the scene, so
 * that windows agree where they overlap.
 *
 * @param head Fitted on rows of `stackFeatures`, a pixel each. The uncertainty is how much several of them disagree, or
 * the members of a `pixelMlpEnsemble`.
 * @throws {ConfigError} If there is no head, or they differ in their classes; on a call, where `extractFeatures` would.
 * @example
 * ```ts
 * import { headPredictor } from 'diffusion-ssl/maps';
 * import { inferenceModel, unetAttD } from 'diffusion-ssl/models';
 *
 * const head = {
 *   ...{ classes: 2, dims: 8, toJSON: () => ({ type: 'even', classes: 2, dims: 8 }) },
 *   predict: async (features: Float32Array) => new Float32Array((features.length / 8) * 2).fill(0.5),
 * };
 * const { denoiser } = inferenceModel(unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] }));
 * const features = { timesteps: [50], layers: ['conv5'], noise: 'none' } as const;
 * const predict = headPredictor(denoiser, head, { ...features, normalization: { procedure: 'lab' } });
 * const raster = { height: 32, width: 32, channels: 4, data: new Float32Array(4096).map((_, i) => i) };
 * console.log((await predict({ raster, top: 0, left: 0 })).probabilities.length); // 2048
 * ```
 */
export function headPredictor<C = undefined>(
  denoiser: FeatureDenoiser<C>,
  head: Head | readonly Head[],
  options: HeadPredictorOptions<C>,
): PredictWindow {
  headsOf('headPredictor', head);
  return async (window) => {
    const features = await windowFeatures(denoiser, window, options);
    try {
      return await predictFeatures(features, head, [window.raster.height, window.raster.width]);
    } finally {
      tf.dispose(features.map(({ map }) => map));
    }
  };
}
