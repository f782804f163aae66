import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { extractFeatures } from '../features/extractFeatures.js';
import type { FeatureMap, FeatureOptions } from '../features/FeatureOptions.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';
import type { SceneWindow } from './SceneWindow.js';
import { windowTensor } from './windowTensor.js';

/** How the features of a scene's windows are read. */
export interface WindowFeatureOptions<C = undefined> extends Omit<FeatureOptions<C>, 'origin' | 'cache'> {
  /** How the network's images were scaled: the `normalization` of its model folder. */
  normalization: NormalizationOptions;
}

/**
 * The features of a window of a scene, with the noise of the window's place, so that windows agree where they overlap:
 * what `headPredictor` computes at each call. Kept, they serve one head after another, by `predictFeatures`.
 *
 * @returns Maps, the caller's to dispose.
 * @throws {ConfigError} (rejects) Where `extractFeatures` would.
 * @example
 * ```ts
 * import { windowFeatures } from 'diffusion-ssl/maps';
 * import { inferenceModel, unetAttD } from 'diffusion-ssl/models';
 *
 * const { denoiser } = inferenceModel(unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] }));
 * const raster = { height: 32, width: 32, channels: 4, data: new Float32Array(4096).map((_, i) => i) };
 * const features = { timesteps: [50], layers: ['conv5'], noise: 'none' } as const;
 * const options = { ...features, normalization: { procedure: 'lab' } } as const;
 * const [{ map }] = await windowFeatures(denoiser, { raster, top: 0, left: 0 }, options);
 * console.log(map.shape); // [1, 32, 32, 8]
 * ```
 */
export async function windowFeatures<C = undefined>(
  denoiser: FeatureDenoiser<C>,
  window: SceneWindow,
  { normalization, ...options }: WindowFeatureOptions<C>,
): Promise<FeatureMap[]> {
  const x = windowTensor(window, normalization);
  try {
    return await extractFeatures(denoiser, x, { ...options, origin: [window.top, window.left] });
  } finally {
    x.dispose();
  }
}
