import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import type { FeatureMap } from './FeatureOptions.js';

/**
 * Upsamples maps bilinearly to one size and stacks their channels: one vector of features a pixel.
 *
 * As `torch.nn.functional.interpolate(mode='bilinear', align_corners=False)` and `torch.cat`.
 *
 * @param features Maps [batch, height, width, channels], as `extractFeatures` gives them; they stay.
 * @param size Height and width of the result. Default: those of the largest map.
 * @returns [batch, height, width, sum of the channels], in the order of the maps.
 * @throws {ConfigError} If there is no map, one is no map of pixels, or their batches differ.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { stackFeatures } from 'diffusion-ssl/features';
 *
 * const maps = [tf.ones([1, 4, 4, 8]), tf.ones([1, 8, 8, 2])].map((map) => ({ name: 'conv', timestep: 50, map }));
 * console.log(stackFeatures(maps).shape); // [1, 8, 8, 10]
 * ```
 */
export function stackFeatures(
  features: readonly FeatureMap[],
  size?: readonly [height: number, width: number],
): tf.Tensor4D {
  if (features.length === 0) throw argumentError('stackFeatures: features', features, 'at least one map');
  const batch = features[0].map.shape[0];
  for (const { name, map } of features) {
    if (map.rank !== 4 || map.shape[0] !== batch) {
      const accepted = `[${batch}, height, width, channels], as a map of pixels is`;
      throw argumentError(`stackFeatures: the map of '${name}'`, map.shape, accepted);
    }
  }
  const largest = (axis: number) => Math.max(...features.map(({ map }) => map.shape[axis]));
  const [height, width] = size ?? [largest(1), largest(2)];
  return tf.tidy(() => {
    const maps = features.map(({ map }) => {
      if (map.shape[1] === height && map.shape[2] === width) return map as tf.Tensor4D;
      return tf.image.resizeBilinear(map as tf.Tensor4D, [height, width], false, true);
    });
    return tf.concat(maps, 3);
  });
}
