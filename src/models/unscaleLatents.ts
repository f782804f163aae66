import * as tf from '@tensorflow/tfjs-core';
import { type AutoencoderKlConfig, resolveAutoencoderKlConfig } from './AutoencoderKlConfig.js';

/**
 * The inverse of `scaleLatents`: what a diffusion model makes, as the decoder takes it.
 *
 * @param config Of the autoencoder.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { unscaleLatents } from 'diffusion-ssl/models';
 *
 * const latents = unscaleLatents(tf.ones([1, 4, 4, 4]), { scalingFactor: 0.5 });
 * console.log((await latents.data())[0]); // 2
 * ```
 */
export function unscaleLatents(latents: tf.Tensor4D, config: AutoencoderKlConfig): tf.Tensor4D {
  const { scalingFactor, shiftFactor } = resolveAutoencoderKlConfig(config);
  return tf.tidy(() => tf.add(tf.div(latents, scalingFactor), shiftFactor ?? 0));
}
