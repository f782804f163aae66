import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { inFunction } from '../internal/inFunction.js';
import type { FeatureLayers } from './FeatureOptions.js';

/** What a pass takes, in bytes. */
export interface FeatureMemory {
  /** The largest sum of tensors while a timestep is computed, its features included. */
  pass: number;
  /** All features, float32, one map a layer and timestep. */
  maps: number;
  /** All features upsampled to the images' size and stacked, as `stackFeatures` gives them. */
  stacked: number;
  /** What a cache of them takes on disk, as float16. */
  stored: number;
  /** `pass` and the features of the other timesteps: the peak of `extractFeatures`. */
  total: number;
}

/**
 * States what `extractFeatures` takes before it computes anything. What the backend holds of the network's weights
 * comes on top.
 *
 * @param shape Of the images, [batch, height, width, channels].
 * @throws {ConfigError} If there is no layer of a name.
 * @example
 * ```ts
 * import { estimateFeatureMemory } from 'diffusion-ssl/features';
 * import { layersDenoiser, unetAttD } from 'diffusion-ssl/models';
 *
 * const denoiser = layersDenoiser(unetAttD({ filterConfig: [16, 32, 64, 128, 128, 128] }));
 * const options = { timesteps: [50, 150], layers: ['conv3', 'conv4', 'conv5'] };
 * const { total } = estimateFeatureMemory(denoiser, [16, 64, 64, 4], options);
 * console.log(total < 2 ** 29); // true: below half a GiB
 * ```
 */
export function estimateFeatureMemory(
  denoiser: Pick<FeatureDenoiser<never>, 'planActivations'>,
  shape: readonly number[],
  { timesteps, layers }: FeatureLayers,
): FeatureMemory {
  const { shapes, peakBytes } = inFunction('estimateFeatureMemory', () =>
    denoiser.planActivations(shape, layers),
  );
  const sizes = shapes.map((sides) => sides.reduce((product, side) => product * side, 1));
  const values = sizes.reduce((sum, size) => sum + size, 0);
  const channels = shapes.reduce((sum, sides) => sum + sides[sides.length - 1], 0);
  const maps = 4 * values * timesteps.length;
  return {
    pass: peakBytes,
    maps,
    stacked: 4 * shape[0] * shape[1] * shape[2] * channels * timesteps.length,
    stored: maps / 2,
    total: peakBytes + 4 * values * (timesteps.length - 1),
  };
}
