import * as tf from '@tensorflow/tfjs-core';
import { type AutoencoderKlConfig, resolveAutoencoderKlConfig } from './AutoencoderKlConfig.js';

/**
 * Latents as a diffusion model sees them: (latents − shiftFactor) · scalingFactor.
 *
 * @param config Of the autoencoder.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { scaleLatents } from 'diffusion-ssl/models';
 *
 * const scaled = scaleLatents(tf.ones([1, 4, 4, 4]), { scalingFactor: 0.5 });
 * console.log((await scaled.data())[0]); // 0.5
 * ```
 */
export function scaleLatents(latents: tf.Tensor4D, config: AutoencoderKlConfig): tf.Tensor4D {
  const { scalingFactor, shiftFactor } = resolveAutoencoderKlConfig(config);
  return tf.tidy(() => tf.mul(tf.sub(latents, shiftFactor ?? 0), scalingFactor));
}
