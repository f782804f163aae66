import * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { extractFeatures } from '../features/extractFeatures.js';
import type { FeatureOptions } from '../features/FeatureOptions.js';
import { stackFeatures } from '../features/stackFeatures.js';
import type { Head } from '../heads/Head.js';
import type { MlpEnsembleHead } from '../heads/MlpEnsembleHead.js';
import { argumentError } from '../internal/checks.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';
import { combineMembers } from './combineMembers.js';
import type { PredictWindow } from './SceneWindow.js';
import { windowTensor } from './windowTensor.js';

/** Options of {@link headPredictor}: those of the features that the head was fitted on. */
export interface HeadPredictorOptions<C> extends Omit<FeatureOptions<C>, 'origin' | 'cache'> {
  /** How the network's images were scaled: the `normalization` of its model folder. */
  normalization: NormalizationOptions;
}

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
  { normalization, ...options }: HeadPredictorOptions<C>,
): PredictWindow {
  const heads: readonly Head[] = 'predict' in head ? [head] : head;
  const classes = heads[0]?.classes;
  if (!(classes >= 2) || heads.some((other) => other.classes !== classes)) {
    const received = heads.map((other) => other.classes);
    throw argumentError(
      'headPredictor: classes of the heads',
      received,
      'those of at least one head, and the same',
    );
  }
  return async (window) => {
    const { raster, top, left } = window;
    const x = windowTensor(window, normalization);
    const features: tf.Tensor[] = [];
    try {
      const maps = await extractFeatures(denoiser, x, { ...options, origin: [top, left] });
      features.push(...maps.map(({ map }) => map));
      const stacked = stackFeatures(maps, [raster.height, raster.width]);
      features.push(stacked);
      const rows = (await stacked.data()) as Float32Array;
      const members: Float32Array[] = [];
      for (const one of heads) members.push(await one.predict(rows));
      if (members.length > 1) return combineMembers(members, classes);
      const vote = await (heads[0] as Partial<MlpEnsembleHead>).vote?.(rows);
      return { probabilities: members[0], uncertainty: vote?.disagreement };
    } finally {
      tf.dispose([x, features]);
    }
  };
}
