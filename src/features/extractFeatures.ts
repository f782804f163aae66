import type * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { inFunction } from '../internal/inFunction.js';
import { cachedFeatures } from './cachedFeatures.js';
import { checkFeatureMemory } from './checkFeatureMemory.js';
import { checkFeatureOptions } from './checkFeatureOptions.js';
import { computeFeatures } from './computeFeatures.js';
import type { FeatureMap, FeatureOptions } from './FeatureOptions.js';

/**
 * Reads the activations of a denoiser's layers for images, at timesteps of your choice: what it learned to see, for
 * probes, segmentation, change detection.
 *
 * The images get the noise of the timestep first, the same for all of them (Baranchuk et al., "Label-efficient
 * semantic segmentation with diffusion models", 2022), or none, or their own by DDIM backwards. The pass ends at the
 * deepest layer asked for. `inferenceModel(model).denoiser` is the fastest denoiser for it; with a `cache` a second
 * pass reads from it what the first has computed.
 *
 * @param denoiser Of `layersDenoiser` or `inferenceModel`, or any with `activations`.
 * @param x Images, [batch, height, width, channels], normalised as for training.
 * @returns One map a timestep and layer, layers changing fastest, the caller's to dispose. With a `cache` values are
 * those of float16, the first time as well; maps with larger values are kept as float32.
 * @throws {ConfigError} (rejects) If an option is out of range, there is no layer of a name, or the pass takes more
 * than `memoryLimit`: the error says what to lower.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { extractFeatures, stackFeatures } from 'diffusion-ssl/features';
 * import { inferenceModel, unetAttD } from 'diffusion-ssl/models';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const { denoiser } = inferenceModel(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const options = { timesteps: [50, 150], layers: ['conv3', 'conv5'], alphaBars };
 * const maps = await extractFeatures(denoiser, tf.ones([2, 32, 32, 4]), options);
 * console.log(maps.map(({ name, timestep, map }) => `${name} ${timestep} ${map.shape}`)[0]); // conv3 50 2,8,8,8
 * console.log(stackFeatures(maps).shape); // [2, 32, 32, 24]
 * ```
 */
export async function extractFeatures<C = undefined>(
  denoiser: FeatureDenoiser<C>,
  x: tf.Tensor4D,
  options: FeatureOptions<C>,
): Promise<FeatureMap[]> {
  requireBackend('extractFeatures');
  inFunction('extractFeatures', () => checkFeatureOptions(denoiser, x, options));
  checkFeatureMemory(denoiser, x.shape, options);
  const { cache, ...rest } = options;
  const maps = await (cache
    ? cachedFeatures(denoiser, x, { ...rest, cache })
    : computeFeatures(denoiser, x, rest));
  const { timesteps, layers } = options;
  return maps.map((map, i) => ({
    name: layers[i % layers.length],
    timestep: timesteps[Math.floor(i / layers.length)],
    map,
  }));
}
